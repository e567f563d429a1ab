/**
 * 48 bits that stand for a device's name. Two devices of a fleet of 250,000 share them with a probability of 1 in 9,000. The
 * hash is no protection: a name can be made to collide. A device gains nothing by it but the silent hours of another one.
 *
 * Two multiplicative hashes over the code units (cyrb53, public domain).
 */
export function deviceHashOf(name: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (b & 0xffff) * 2 ** 32 + (a >>> 0);
}
