import { setFlagsFromString } from 'node:v8';

/**
 * Lets V8 collect garbage earlier: at twice of what lives, not at four times, and without up to 100 MB for new objects. A
 * flood of faulty lines is garbage only, and took 300 to 450 MB. Reading good exports takes as long as before.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=100');
}
