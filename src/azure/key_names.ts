const PLAIN = /^[A-Za-z0-9]$/;

/**
 * A name from the settings as a part of a key or of a column's name, which may hold letters, digits and `_` only: any
 * other character is `_` and its four hex digits. `keyNameOf('soc-chat')` is `soc_002dchat`.
 */
export function keyNameOf(name: string): string {
  return [...Array(name.length).keys()]
    .map((at) => name.charAt(at))
    .map((unit) => (PLAIN.test(unit) ? unit : `_${unit.charCodeAt(0).toString(16).padStart(4, '0')}`))
    .join('');
}

export function nameOfKey(key: string): string {
  return key.replaceAll(/_([0-9a-f]{4})/g, (_escape, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}
