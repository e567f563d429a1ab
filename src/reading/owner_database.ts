import { isIP } from 'node:net';
import { Reader, type Response } from 'mmdb-lib';
import type { Owner, OwnerOf } from '../core/detections/owner.ts';

/** The whole file is kept in memory. Country and ASN of all addresses take about 30 MB. */
export const MAX_OWNER_BYTES = 64 * 1024 * 1024;
const MAX_TEXT_LENGTH = 200;

/** The file is no MMDB, or is damaged. */
export class OwnerDatabaseError extends Error {
  override readonly name = 'OwnerDatabaseError';
}

/**
 * The owners in an MMDB file (https://maxmind.github.io/MaxMind-DB/): GeoLite2 and GeoIP2 ASN or Country, IPinfo Lite and ASN,
 * DB-IP. Nothing is looked up elsewhere. Throws an OwnerDatabaseError.
 */
export function ownerDatabase(bytes: Uint8Array): OwnerOf {
  const reader = readerOf(bytes);
  return (address) => {
    if (isIP(address) === 0) return null;
    try {
      return ownerIn(reader.get(address));
    } catch {
      // A damaged place in the file: this address has no owner.
      return null;
    }
  };
}

function readerOf(bytes: Uint8Array): Reader<Response> {
  if (bytes.length > MAX_OWNER_BYTES) {
    throw new OwnerDatabaseError(`it has ${bytes.length} bytes, and at most ${MAX_OWNER_BYTES} are read`);
  }
  try {
    return new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  } catch (error) {
    throw new OwnerDatabaseError('it is no MMDB file, or it is damaged', { cause: error });
  }
}

type Member = Readonly<Record<string, unknown>>;

/** MaxMind and DB-IP have the members of the first kind, IPinfo those of the second. */
function ownerIn(found: unknown): Owner | null {
  if (!isObject(found)) return null;
  const place = [found['country'], found['registered_country']].find(isObject);
  const owner = {
    asn: asnOf(found['autonomous_system_number'] ?? found['asn']),
    organisation: textOf(found['autonomous_system_organization'] ?? found['as_name'] ?? found['name']),
    country: textOf(place?.['iso_code'] ?? found['country_code'] ?? found['country']),
  };
  return owner.asn === null && owner.organisation === '' && owner.country === '' ? null : owner;
}

function isObject(value: unknown): value is Member {
  return typeof value === 'object' && value !== null;
}

/** 64496, `AS64496` */
function asnOf(value: unknown): number | null {
  const [, digits] = /^(?:AS)?(\d{1,10})$/.exec(String(value)) ?? [];
  return digits === undefined ? null : Number(digits);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_TEXT_LENGTH).toWellFormed() : '';
}
