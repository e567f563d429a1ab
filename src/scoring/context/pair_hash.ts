import { hash } from 'node:crypto';

/** SHA-256 of a name, its first two words. */
export type NameDigest = readonly [number, number];

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
export function pairHashOfDigests([a, b]: NameDigest, [c, d]: NameDigest): number {
  // Odd factors keep every bit of the digest of the process: two networks give a process two unrelated hashes.
  const low = Math.imul(a, c | 1) ^ Math.imul(b ^ (b >>> 15), d | 1);
  const high = Math.imul(b, c | 1) ^ Math.imul(a ^ (a >>> 15), d | 1);
  return ((high ^ (high >>> 16)) & 0xffff) * 2 ** 32 + ((low ^ (low >>> 16)) >>> 0);
}

/** The digest of a process or a network. */
export function digestOf(name: string): NameDigest {
  let digest = digests.get(name);
  if (digest === undefined) {
    const bytes = hash('sha256', name, 'buffer');
    digest = [bytes.readInt32LE(0), bytes.readInt32LE(4)];
    if (digests.size === MAX_DIGESTS) digests.clear();
    digests.set(name, digest);
  }
  return digest;
}
