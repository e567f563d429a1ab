import { beforeEach, describe, expect, it } from 'vitest';
import type { StorageClients } from '../../../../src/storage/azure/clients.ts';
import { AzureDeadLetters } from '../../../../src/storage/azure/dead_letters.ts';
import { all, deadLetter } from '../../../contract/samples.ts';
import { freshClients } from '../../../support/azure/stores.ts';

describe('the container dead-letters', () => {
  let clients: StorageClients;
  let store: AzureDeadLetters;
  beforeEach(async () => {
    clients = await freshClients();
    store = new AzureDeadLetters(clients);
  });
  const write = async (segment: string, ...letters: Parameters<typeof deadLetter>): Promise<void> => {
    const writer = store.open(segment, { repeat: false });
    for (const changes of letters) await writer.add(deadLetter(changes));
    await writer.close();
  };
  const blob = (name: string) => clients.blobs.getContainerClient('dead-letters').getBlockBlobClient(name);

  it('holds a blob of JSON lines per segment, which a person can read', async () => {
    await write('ab', { bytes: Buffer.from('{"no": json}') });
    const bytes = await blob('ab.jsonl').downloadToBuffer();
    expect(bytes.toString()).toBe(
      '{"export":{"container":"exports","name":"y=2026/m=11/PT1H.json"},"offset":8589934592,"length":12,' +
        '"record":0,"reason":"bad-json","text":"{\\"no\\": json}"}\n',
    );
    expect((await blob('ab.jsonl').getProperties()).contentType).toBe('application/x-ndjson');
  });

  it('shows a line of its own that says nothing as a dead letter, and hides no other', async () => {
    await write('cc', { offset: 3 });
    const whole =
      '{"export":{"container":"c","name":"n"},"offset":1,"length":2,"record":0,"reason":"bad-json","text":"x"}';
    const lines = ['', whole, '{"cut', whole.replace('"offset":1', '"offset":"1"'), 'null', '[]', whole];
    const content = lines.join('\n');
    await blob('bb.jsonl').upload(content, content.length);
    const letters = await all(store.list());
    expect(letters.map(({ export: ref, reason, offset }) => [ref.name, reason, offset])).toEqual([
      ['n', 'bad-json', 1],
      ['bb.jsonl', 'bad-json', content.indexOf('{"cut')],
      ['bb.jsonl', 'bad-json', content.indexOf('{"export', content.indexOf('{"cut'))],
      ['bb.jsonl', 'bad-json', content.indexOf('null')],
      ['bb.jsonl', 'bad-json', content.indexOf('[]')],
      ['n', 'bad-json', 1],
      [deadLetter().export.name, 'bad-json', 3],
    ]);
    expect(Buffer.from(letters[1]?.bytes ?? []).toString()).toBe('{"cut');
  });

  it('shows a line that no writer of ours would write by its length and its beginning', async () => {
    await write('aa', {});
    const content = `${'x'.repeat(3_000_000)}\n{"export"`;
    await blob('aa.jsonl').upload(content, content.length);
    const letters = await all(store.list());
    expect(letters.map(({ reason, length, bytes }) => [reason, length, bytes.length])).toEqual([
      ['line-too-long', 3_000_000, 64 * 1024],
      ['bad-json', 9, 9],
    ]);
  });
});
