import type { InvocationContext } from '@azure/functions';
import { ResourceFactoryResolver } from '@azure/functions-extensions-base';
import { beforeEach, describe, expect, it } from 'vitest';
import { exportOf, keepNameOnly } from '../../../functions/export_binding.ts';
import { MessageError, parseMessage } from '../../../src/storage/messages.ts';

const CONTAINER = 'insights-logs-advancedhunting-devicenetworkevents';
const NAMES = [
  'PT1H.json',
  'tenantId=11111111-2222-3333-4444-555555555555/y=2026/m=11/d=20/h=08/m=00/PT1H.json',
  '/leading//double/trailing/',
  'a b%2Fc?d#e+"quoted"\\ü日本語.json',
];

const resolver = ResourceFactoryResolver.getInstance();
// One for the whole process, and in spite of its types it forgets nothing.
const { resourceFactories } = resolver as unknown as { resourceFactories: Map<string, unknown> };
beforeEach(() => resourceFactories.clear());

/** What the host sends in place of a blob's content. */
const reference = (BlobName: string) => ({
  version: '1.0',
  source: 'AzureStorageBlobs',
  contentType: 'application/json',
  content: Buffer.from(JSON.stringify({ Connection: 'ExportStorage', ContainerName: CONTAINER, BlobName })),
});

/** What the library makes of it for the handler. */
const bound = (data: unknown) => resolver.createClient('AzureStorageBlobs', data);

/** An invocation of which the host says this. */
function context(triggerMetadata?: Record<string, unknown>): InvocationContext {
  return { invocationId: '1', ...(triggerMetadata && { triggerMetadata }) } as unknown as InvocationContext;
}

describe('keepNameOnly()', () => {
  it.each(NAMES)('turns a reference into container and name, and opens no connection: %s', (name) => {
    keepNameOnly();
    expect(bound(reference(name))).toEqual({ container: CONTAINER, name });
  });

  it('may be registered twice, as when the functions are loaded again', () => {
    keepNameOnly();
    keepNameOnly();
    expect(bound(reference('a/b'))).toEqual({ container: CONTAINER, name: 'a/b' });
  });

  it('keeps what other code registered for blobs', () => {
    resolver.registerResourceFactory('AzureStorageBlobs', () => 'another');
    keepNameOnly();
    expect(bound(reference('a/b'))).toBe('another');
  });

  it.each([[[reference('a/b')]], [{ ...reference('a/b'), content: Buffer.from('[') }]])(
    'throws at what is no reference to one blob',
    (data) => {
      keepNameOnly();
      expect(() => bound(data)).toThrow();
    },
  );
});

describe('exportOf(blob, context)', () => {
  it.each(NAMES)('is what the reference names: %s', (name) => {
    keepNameOnly();
    const other = context({ blobTrigger: 'other/name.json' });
    const ref = { container: CONTAINER, name };
    expect(exportOf(bound(reference(name)), other)).toEqual(ref);
    expect(parseMessage('ingest', exportOf(bound(reference(name)), other))).toEqual(ref);
  });

  it.each(NAMES)('is what the trigger’s metadata names, of a host that hands over the content: %s', (name) => {
    const metadata = context({ blobTrigger: `${CONTAINER}/${name}`, uri: 'https://account.example/' });
    for (const content of [Buffer.from('{"container":"no","name":"no"}'), 'text', { records: [] }, null, undefined]) {
      expect(exportOf(content, metadata)).toEqual({ container: CONTAINER, name });
    }
  });

  it.each([
    undefined,
    {},
    { blobTrigger: '' },
    { blobTrigger: null },
    { blobTrigger: '/' },
    { blobTrigger: '/name' },
    { blobTrigger: `${CONTAINER}/` },
  ])('is no export of ours, and no message either, where the metadata names none: %j', (metadata) => {
    expect(() => parseMessage('ingest', exportOf(null, context(metadata)))).toThrow(MessageError);
  });
});
