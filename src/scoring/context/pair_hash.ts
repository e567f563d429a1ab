import { hash } from 'node:crypto';
import { ipv4NetworkText } from '../../core/regularity/public_ipv4.ts';

/** SHA-256 of a name: its first two words, as 32-bit numbers. */
export interface NameDigest {
  readonly low: number;
  readonly high: number;
}

/** Names repeat from pair to pair: the last ones that were asked for. */
const digests = new Map<string, NameDigest>();
const MAX_DIGESTS = 20_000;

/**
 * 48 bits that stand for a process and a network. Each name is hashed by SHA-256 once; pairs are many more than names, so the two
 * digests are mixed by multiplication. An attacker who chooses the names of processes finds the hash of one of n common
 * pairs in about 2^48 / n tries. To take the name of a common program and its network is easier, and hides as much.
 * No key: partitions and runs must agree on the hash, and a key would be a secret to keep.
 */
export function pairHashOf(process: string, network: string): number {
  return pairHashOfDigests(digestOf(process), digestOf(network));
}

/** The same of their digests. */
export function pairHashOfDigests(process: NameDigest, network: NameDigest): number {
  const a = process.low;
  const b = process.high;
  const c = network.low;
  const d = network.high;
  // Odd factors keep every bit of the digest of the process: two networks give a process two unrelated hashes.
  const low = Math.imul(a, c | 1) ^ Math.imul(b ^ (b >>> 15), d | 1);
  const high = Math.imul(b, c | 1) ^ Math.imul(a ^ (a >>> 15), d | 1);
  return ((high ^ (high >>> 16)) & 0xffff) * 2 ** 32 + ((low ^ (low >>> 16)) >>> 0);
}

/** 48 bits of a digest as a number. */
export function numberOfDigest({ low, high }: NameDigest): number {
  return (high & 0xffff) * 2 ** 32 + (low >>> 0);
}

/** The digest of a process or a network. */
export function digestOf(name: string): NameDigest {
  const place = placeOf(name);
  const recent = recentDigests[place] as NameDigest;
  if (recentNames[place] === name) return recent;
  let digest = digests.get(name);
  if (digest === undefined) {
    const bytes = hash('sha256', name, 'buffer');
    digest = { low: bytes.readInt32LE(0), high: bytes.readInt32LE(4) };
    if (digests.size === MAX_DIGESTS) digests.clear();
    digests.set(name, digest);
  }
  recentNames[place] = name;
  recentDigests[place] = digest;
  return digest;
}

/** A few programs have most groups: the last name of each place, which is found without its hash. */
const PLACES = 2_048;
const recentNames: (string | null)[] = new Array(PLACES).fill(null);
const recentDigests: NameDigest[] = new Array(PLACES).fill({ low: 0, high: 0 });

function placeOf(name: string): number {
  const { length } = name;
  if (length === 0) return 0;
  const [first, second, middle] = [name.charCodeAt(0), name.charCodeAt(length >> 2), name.charCodeAt(length >> 1)];
  return (31 * (31 * length + first) + 7 * middle + second) % PLACES;
}

/** The digest of a /16 by its number: see `ipv4NetworkOf`. Those that were asked for are kept: 65,536 at most. */
export function digestOfIpv4Network(network: number): NameDigest {
  let digest = ofNetworks[network];
  if (digest === undefined) {
    digest = digestOf(ipv4NetworkText(network));
    ofNetworks[network] = digest;
  }
  return digest;
}

const ofNetworks: (NameDigest | undefined)[] = new Array(65_536);
