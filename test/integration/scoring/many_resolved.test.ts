import { describe, expect, it } from 'vitest';
import { group, Tenant } from '../../support/scoring/tenant.ts';

describe('scorePartition where very much is over', () => {
  it('resolves ten thousand in a run, and the rest in the next', async () => {
    const tenant = new Tenant();
    const over = Array.from({ length: 10_003 }, (_, number) => group(number));
    for (const each of over) await tenant.detected(each);
    expect(await tenant.fresh(20)).toMatchObject({ resolved: 10_000 });
    expect(await tenant.fresh(21)).toMatchObject({ resolved: 3 });
  });
});
