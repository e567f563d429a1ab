import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { skipN } from 'pure-rand/utils/skipN';

/** A stream of chance that is the same on every machine and in every year. */
export interface Random {
  /** A whole number of `[from, to]`, both included. */
  int(from: number, to: number): number;
  /** A number of `[0, 1)`. */
  fraction(): number;
  /** True in `share` of all calls. */
  chance(share: number): boolean;
  /** One of the items, each as likely as the next. Throws a RangeError where there is none. */
  pick<T>(items: readonly T[]): T;
  /** `length` hexadecimal digits. */
  hex(length: number): string;
}

/**
 * The stream that belongs to a seed and a path, such as `randomOf(1, 'device', 17)`. Each thing draws from a stream of
 * its own, so that one more device, or one more draw for one of them, leaves all others as they were.
 */
export function randomOf(seed: number, ...path: readonly (string | number)[]): Random {
  const generator = xoroshiro128plus(mixed(`${seed}/${path.join('/')}`));
  // Its first numbers still show the seed.
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

/** 32 bits of a text: FNV-1a, then the last step of MurmurHash3, which carries a change in any bit to all others. */
function mixed(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
