import { beforeAll, describe, expect, it } from 'vitest';
import { node } from '../../../support/bundle/child.ts';

let results: Record<string, unknown>;
beforeAll(async () => {
  const { code, stdout, stderr } = await node(['test/support/local/drive.ts']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  results = JSON.parse(stdout);
});

describe('FunctionsHost', () => {
  it('knows what the app registers', () => {
    expect(results['names']).toEqual(['queued', 'uploaded', 'hourly', 'failing', 'things', 'notes']);
  });

  it('hands over a message parsed where it is JSON, and its metadata', () => {
    const metadata = { id: 'm1', dequeueCount: 2, queueName: 'work' };
    expect(results['object']).toMatchObject({ input: { a: [1] }, function: 'queued', triggerMetadata: metadata });
    expect(results['text']).toMatchObject({ input: 'not JSON', triggerMetadata: { queueTrigger: 'not JSON' } });
  });

  it('hands over a blob by reference, as what the app makes of that', () => {
    expect(results['blob']).toEqual({
      input: {
        source: 'AzureStorageBlobs',
        version: '1.0',
        contentType: 'application/json',
        content: { Connection: 'AzureWebJobsStorage', ContainerName: 'exports', BlobName: 'a/b c.json' },
      },
      function: 'uploaded',
      triggerMetadata: { blobTrigger: 'exports/a/b c.json' },
    });
  });

  it('hands over a timer', () => {
    expect(results['timer']).toMatchObject({ input: { isPastDue: false, schedule: { adjustForDST: true } } });
  });

  it('rethrows the error of a handler, and reports every invocation', () => {
    expect(results['failure']).toBe('as planned');
    expect(results['unknown']).toBe('no function nobody is registered');
    expect(results['seen']).toEqual([
      ['queued', 1, false],
      ['queued', 1, false],
      ['uploaded', 1, false],
      ['hourly', 1, false],
      ['failing', 1, true],
      ['things', 0, false],
      ['things', 0, false],
      ['notes', 0, false],
    ]);
  });
});

describe('answerBy(host, request)', () => {
  it('passes a request on by route and method, and the answer back', () => {
    const body = { params: { kind: 'odd', id: '7|8' }, query: { a: '1', b: ' ' }, accept: 'text/x' };
    expect(results['both']).toEqual({ status: 201, kind: 'odd', body: JSON.stringify(body) });
    expect(results['one']).toMatchObject({ status: 201, body: expect.stringContaining('"params":{"kind":"odd"}') });
  });

  it('passes a body on', () => {
    expect(results['posted']).toEqual({ type: 'application/json', body: { text: 'ü' } });
  });

  it('knows no other path or method', () => {
    const notFound = { status: 404, kind: null, body: '' };
    expect([results['post'], results['none'], results['outside']]).toEqual([notFound, notFound, notFound]);
  });
});
