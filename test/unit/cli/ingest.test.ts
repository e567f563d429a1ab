import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { ingestCommand } from '../../../src/cli/commands/ingest.ts';
import { CommandError } from '../../../src/cli/errors.ts';
import { DEFAULT_CONTAINER } from '../../../src/config.ts';
import { MINUTE_MS } from '../../../src/core/kql/timespan.ts';
import { StoreError } from '../../../src/storage/ports/store_error.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { exportState } from '../../contract/samples.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';
import { type Gate, gated } from '../../support/ingest/gate.ts';
import { lines, report } from '../../support/ingest/world.ts';

const NOW = Date.UTC(2026, 10, 20, 10);
const REF = { container: DEFAULT_CONTAINER, name: 'a.json' };

let stores: MemoryStores;
beforeEach(() => {
  stores = memoryStores({ clock: () => NOW });
  stores.exports.append(REF, lines(...Array.from({ length: 600 }, (_, n) => report(n))));
});

async function ingest(on: Stores): Promise<{ error: unknown; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const terminal = {
    stdin: new PassThrough(),
    stdout,
    stderr,
    env: { AzureWebJobsStorage: 'UseDevelopmentStorage=true' },
  };
  const parts = { stores: on, clock: () => NOW, sinks: [] };
  const error = await ingestCommand(terminal, { parallel: '1' }, parts).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return { error, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

describe('beaconwatch ingest', () => {
  it('names exports that failed by container and name: ten with the reason, three in the error', async () => {
    for (let n = 10; n < 22; n++)
      stores.exports.append({ container: DEFAULT_CONTAINER, name: `${n}\u202e.json` }, lines(report(n)));
    const fails: Gate = (call) => {
      if (call.op === 'exports.read') throw new StoreError('Exports: read');
      return call.run();
    };
    const { error, stderr } = await ingest(gated(stores, fails));
    const name = (of: string) => `${DEFAULT_CONTAINER}/${of}.json`;
    expect(stderr.split('\n').filter((line) => line.endsWith(': Exports: read failed'))).toHaveLength(10);
    expect(stderr).toContain(`${name('10\\u202e')}: Exports: read failed\n`);
    expect(error).toBeInstanceOf(CommandError);
    expect(String(error)).toMatch(
      `13 exports failed: ${name('10\\u202e')}, ${name('11\\u202e')}, ${name('12\\u202e')} and 10 more; run ingest again`,
    );
  });

  it('fails while another worker holds a lease, and says until when', async () => {
    const lease = { leasedAt: NOW - MINUTE_MS, leasedBy: 'other', failures: 0, nextTry: 0, refused: false };
    await stores.exportStates.insert(exportState({ ...REF, ...lease }));
    const { error, stdout } = await ingest(stores);
    expect(error).toBeInstanceOf(CommandError);
    expect(String(error)).toContain('1 export leased by another worker, until 2026-11-20T10:09:00.000Z at the latest');
    expect(stdout).toContain('1 leased by another worker');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'on %s releases its lease and fails; again, it reads to the end',
    async (name) => {
      let pieces = 0;
      const gate: Gate = (call) => {
        if (call.op === 'exports.read' && ++pieces === 6) process.emit(name);
        return call.run();
      };
      const listeners = process.listenerCount(name);
      const { error, stderr } = await ingest(gated(stores, gate));
      expect(error).toBeInstanceOf(CommandError);
      expect(String(error)).toContain(
        'stopped by a signal; the leases are released; run ingest again to continue there',
      );
      expect(stderr).toContain('stopping');
      expect(process.listenerCount(name)).toBe(listeners);
      const found = await stores.exportStates.get(REF);
      expect(found?.row).toMatchObject({ applied: 0, leasedAt: null, leasedBy: '', failures: 0 });
      const again = await ingest(stores);
      expect(again).toMatchObject({ error: null });
      expect(again.stdout).toContain('600 reports');
    },
  );
});
