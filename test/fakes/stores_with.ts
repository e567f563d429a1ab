import type { Stores } from '../../src/storage/ports/stores.ts';

/** The same stores, but for these calls. */
export function storesWith(
  stores: Stores,
  changes: { readonly [Name in keyof Stores]?: Partial<Stores[Name]> },
): Stores {
  const changed = Object.entries(changes).map(([name, calls]) => {
    const port = new Proxy(stores[name as keyof Stores], {
      get(target, call) {
        const value: unknown = Reflect.get(calls, call) ?? Reflect.get(target, call);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    return [name, port] as const;
  });
  return { ...stores, ...Object.fromEntries(changed) };
}
