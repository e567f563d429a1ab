import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { namePlaces } from '../../../scripts/stack/name_places.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-stack-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('namePlaces(stack, folder) gives the lines of the source; other places stay', async () => {
  const source = [
    '',
    'export function outer() {',
    '  inner();',
    '}',
    'function inner() {',
    "  throw new Error('x');",
    '}',
  ];
  await writeFile(join(folder, 'a.ts'), source.join('\n'));
  await build({
    entryPoints: { functions: join(folder, 'a.ts') },
    outdir: folder,
    ...({ bundle: true, format: 'esm', sourcemap: 'external', minifyWhitespace: true, lineLimit: 40 } as const),
  });
  const { outer } = await import(pathToFileURL(join(folder, 'functions.js')).href);
  const stack = await Promise.resolve()
    .then(outer)
    .then(
      () => '',
      (error: Error) => error.stack ?? '',
    );
  const named = namePlaces(`${stack}\n    at functions-chunk-ABC.js:1:2\n    at node:internal/x:3:4`, folder);
  const [message, ...places] = named.split('\n').map((line) => line.trim());
  expect(stack).toContain('functions.js:1:');
  expect(message).toBe('Error: x');
  expect(places[0]).toMatch(/^at inner \(a\.ts:6:9\)$/);
  expect(places[1]).toMatch(/a\.ts:3:3\)?$/);
  expect(named).toMatch(/at functions-chunk-ABC\.js:1:2\n {4}at node:internal\/x:3:4$/);
});
