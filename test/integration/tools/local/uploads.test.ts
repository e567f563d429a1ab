import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { describe, expect, inject, it } from 'vitest';
import { pieces } from '../../../../tools/local/pieces.ts';
import { routeParams } from '../../../../tools/local/route.ts';
import { type Uploaded, upload } from '../../../../tools/local/uploader.ts';
import { uploadPlaceOf } from '../../../../tools/local/uploads.ts';
import { freshAccount } from '../../../support/azurite.ts';

const bytes = (text: string) => Buffer.from(text);

describe('pieces(chunks, nextLength)', () => {
  it.each([
    [['abcdef'], [2, 3], ['ab', 'cde', 'f']],
    [
      ['a', 'b', 'c', 'd'],
      [3, 1, 9],
      ['abc', 'd'],
    ],
    [['ab', '', 'cd'], [4], ['abcd']],
    [['abc'], [9], ['abc']],
    [[], [1], []],
  ])('%j cut to %j is %j', async (chunks, lengths, expected) => {
    const left = [...lengths];
    const cut: string[] = [];
    for await (const piece of pieces(chunks.map(bytes), () => left.shift() ?? 9)) cut.push(piece.toString());
    expect(cut).toEqual(expected);
  });

  it('keeps the bytes of a chunk whose memory is filled again for the next one', async () => {
    const window = Buffer.alloc(2);
    function* chunks() {
      for (const text of ['ab', 'cd', 'ef']) {
        window.write(text);
        yield window;
      }
    }
    const cut: string[] = [];
    for await (const piece of pieces(chunks(), () => 5)) cut.push(piece.toString());
    expect(cut).toEqual(['abcde', 'f']);
  });
});

describe('placeOf(folder, path)', () => {
  const DEFAULT = 'insights-logs-advancedhunting-devicenetworkevents';
  it.each([
    ['insights-logs-x/tenantId=1/y=2026/PT1H.json', 'insights-logs-x', 'tenantId=1/y=2026/PT1H.json'],
    ['am-devicenetworkevents/a/b.json', 'am-devicenetworkevents', 'a/b.json'],
    ['tenantId=1/PT1H.json', DEFAULT, 'tenantId=1/PT1H.json'],
    ['insights-logs-x', DEFAULT, 'insights-logs-x'],
    ['Insights-Logs-X/a.json', DEFAULT, 'Insights-Logs-X/a.json'],
    ['a.json', DEFAULT, 'a.json'],
  ])('%s lies in %s as %s', (path, container, name) => {
    expect(uploadPlaceOf('/data/exports', join('/data/exports', path))).toEqual({ container, name });
    expect(uploadPlaceOf('exports/', join('exports', path))).toEqual({ container, name });
  });

  it('of a file is its own name', () => {
    expect(uploadPlaceOf('data/a.json', 'data/a.json')).toEqual({ container: DEFAULT, name: 'a.json' });
  });
});

describe('upload(blobs, uploads, seed)', () => {
  it('appends the exports in turns, complete at the end, in the same way for the same seed', async () => {
    const texts = new Map(Array.from({ length: 9 }, (_, i) => [`e${i}`, `${i}\r\n`.repeat(i * 500)]));
    const run = async (seed: number) => {
      const blobs = BlobServiceClient.fromConnectionString(await freshAccount(inject('azurite')));
      const container = blobs.getContainerClient('exports');
      await container.create();
      const uploads = [...texts].map(([name, text]) => ({
        container: 'exports',
        name,
        bytes: text.length,
        content: [bytes(text)],
      }));
      const steps: Uploaded[] = [];
      const appends = upload(blobs, uploads, seed);
      let last = await appends.next();
      for (; !last.done; last = await appends.next()) steps.push(last.value);
      const stored = new Map<string, string>();
      const types = new Set<string | undefined>();
      for await (const { name, properties } of container.listBlobsFlat()) {
        types.add(properties.blobType);
        stored.set(name, (await container.getBlobClient(name).downloadToBuffer()).toString());
      }
      return { steps, stored, types, total: last.value };
    };
    const [one, again, other] = [await run(1), await run(1), await run(2)];
    expect(one.stored).toEqual(texts);
    expect(one.types).toEqual(new Set(['AppendBlob']));
    expect(one.total).toMatchObject({ exports: 9, bytes: [...texts.values()].join('').length });
    expect(one.steps.length).toBeGreaterThan(texts.size);
    expect(again.steps).toEqual(one.steps);
    expect(other.steps).not.toEqual(one.steps);
  });
});

describe('routeParams(template, path)', () => {
  it.each([
    ['detections/{id?}', 'detections', {}],
    ['detections/{id?}', 'detections/', {}],
    ['detections/{id?}', 'detections/ab', { id: 'ab' }],
    ['detections/{id?}', 'detections/%E0%A4%A', { id: '%E0%A4%A' }],
    ['detections/{id?}', 'detections/a/b', null],
    ['detections/{id?}', 'other', null],
    ['a/{b}', 'a', null],
    ['', '', {}],
  ])('%j, %j', (template, path, params) => {
    expect(routeParams(template, path)).toEqual(params);
  });
});
