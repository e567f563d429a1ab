/**
 * The number of devices up to which something is rare in a fleet: a tenth of the devices seen in the window, at least 1 and
 * at most 3. `fewDevicesOf(9)` is 1, `fewDevicesOf(20)` is 2.
 */
export function fewDevicesOf(devices: number): number {
  return Math.max(1, Math.min(3, Math.floor(devices / 10)));
}

/**
 * The number of devices above which something is common in a fleet: 5 % of the devices seen in the window, at least 10.
 * `manyDevicesOf(20)` is 10, `manyDevicesOf(1_000)` is 50.
 */
export function manyDevicesOf(devices: number): number {
  return Math.max(10, Math.floor(devices / 20));
}
