import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { skipN } from 'pure-rand/utils/skipN';

/** A pseudo-random stream, the same on every machine. */
export interface Random {
  /** An integer of `[from, to]`, both included. */
  int(from: number, to: number): number;
  /** A number of `[0, 1)`. */
  fraction(): number;
  /** True in `share` of all calls. */
  chance(share: number): boolean;
  /** One of the items, all equally likely. Throws a RangeError for an empty list. */
  pick<T>(items: readonly T[]): T;
  /** `length` hexadecimal digits. */
  hex(length: number): string;
}

/**
 * The stream of a seed and a path, such as `randomOf(1, 'device', 17)`. Each part draws from its own stream, so that
 * another device, or another draw for one device, changes nothing else.
 */
export function randomOf(seed: number, ...path: readonly (string | number)[]): Random {
  const generator = xoroshiro128plus(mixed(`${seed}/${path.join('/')}`));
  // The first numbers still correlate with the seed.
  skipN(generator, 4);
  const fraction = () => uniformFloat32(generator);
  const int = (from: number, to: number) => uniformInt(generator, from, to);
  return {
    int,
    fraction,
    chance: (share) => fraction() < share,
    pick<T>(items: readonly T[]): T {
      if (items.length === 0) throw new RangeError('nothing to pick from');
      return items[int(0, items.length - 1)] as T;
    },
    hex: (length) => Array.from({ length }, () => int(0, 15).toString(16)).join(''),
  };
}

/** 32 bits of a text: FNV-1a, then the finalizer of MurmurHash3, which spreads a change of any bit to all bits. */
function mixed(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
