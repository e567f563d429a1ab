import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { listDetectionsCommand } from '../../../src/cli/commands/list_detections.ts';
import { detection } from '../../contract/samples.ts';
import { memoryStores } from '../../fakes/stores.ts';

/** More than a page of the store. */
const COUNT = 1_001;

it('detections list --all prints one CSV header over all pages', async () => {
  const stores = memoryStores();
  for (let n = 0; n < COUNT; n++) {
    await stores.detections.insert(detection({ groupId: n.toString(16).padStart(32, '0') }));
  }
  const [stdout, stderr] = [new PassThrough({ highWaterMark: 1e8 }), new PassThrough()];
  const terminal = {
    stdin: new PassThrough(),
    stdout,
    stderr,
    env: { AzureWebJobsStorage: 'UseDevelopmentStorage=true' },
  };
  await listDetectionsCommand(terminal, undefined, { all: true, format: 'csv', sort: 'key' }, { stores, sinks: [] });
  const text = String(stdout.read());
  expect(text.match(/severity/g)?.length).toBe(2);
  expect(text.split('\n').filter((line) => line.includes('203.0.113.'))).toHaveLength(COUNT);
  expect(String(stderr.read())).toBe('1,001 detections\n');
});
