import { crc32, deflateRawSync } from 'node:zlib';

/** A member, and what the archive says of it in place of the truth. */
export interface ZipMember {
  readonly name: string;
  readonly content: string | Buffer;
  /** 0 stored, 8 deflated (default), or another number. */
  readonly method?: number;
  readonly encrypted?: boolean;
  readonly checksum?: number;
  /** The declared size of the content. */
  readonly size?: number;
  /** The member whose bytes it shares. */
  readonly sharesWith?: number;
}

const UTF8_NAME = 0x800;

/** A zip archive (APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16), also one that is wrong on purpose. */
export function zipOf(members: readonly ZipMember[]): Buffer {
  const bodies: Buffer[] = [];
  const entries: Buffer[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const { name, content, method = 8, encrypted = false, checksum, size, sharesWith } of members) {
    const bytes = Buffer.from(content as Buffer);
    const packed = method === 8 ? deflateRawSync(bytes) : bytes;
    const nameBytes = Buffer.from(name);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(UTF8_NAME | (encrypted ? 1 : 0), 2);
    facts.writeUInt16LE(method, 4);
    facts.writeUInt32LE(checksum ?? crc32(bytes), 10);
    facts.writeUInt32LE(packed.length, 14);
    facts.writeUInt32LE(size ?? bytes.length, 18);
    facts.writeUInt16LE(nameBytes.length, 22);
    const entry = Buffer.alloc(16);
    const start = sharesWith === undefined ? offset : (offsets[sharesWith] as number);
    entry.writeUInt32LE(start, 12);
    entries.push(Buffer.from('504b01021400', 'hex'), facts, entry.subarray(2), nameBytes);
    offsets.push(start);
    if (sharesWith !== undefined) continue;
    const body = Buffer.concat([Buffer.from('504b0304', 'hex'), facts, nameBytes, packed]);
    bodies.push(body);
    offset += body.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, directory, end]);
}
