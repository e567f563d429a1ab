import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { lateMappers, lateOperations, lateTable } from '../../../scripts/bundle/late_mappers.ts';

const CLIENTS = [
  { client: 'blobs', folder: 'node_modules/@azure/storage-blob/dist/esm/generated/src', atLeast: 60 },
  { client: 'tables', folder: 'node_modules/@azure/data-tables/dist/esm/generated', atLeast: 10 },
];

type Objects = Record<string, unknown>;

/** Stands for the package that makes serializers of mappers. */
const coreClient: Plugin = {
  name: 'core-client',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@azure\/core-client$/ }, ({ path }) => ({ path, namespace: 'stub' }));
    onLoad({ filter: /^/, namespace: 'stub' }, () => ({
      contents: "export const createSerializer = () => 'serializer';",
    }));
  },
};

/** Loads code as the bundle has it. */
async function loaded(contents: string, resolveDir: string, late: readonly Plugin[] = []): Promise<Objects> {
  const plugins = [coreClient, ...late];
  const stdin = { contents, resolveDir };
  const { outputFiles } = await build({ stdin, bundle: true, write: false, format: 'esm', platform: 'node', plugins });
  const code = outputFiles[0]?.text ?? '';
  return ((await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`)) as { all: Objects })
    .all;
}

describe.each(CLIENTS)('lateMappers, client of $client', ({ folder, atLeast }) => {
  it.each(['mappers', 'parameters'])('%s are the objects of the package, each made once', async (name) => {
    const module = `'./${name}.js'`;
    const models = join(folder, 'models');
    const all = await loaded(`import all from ${module}; export { all };`, models, [lateMappers]);
    const whole = await loaded(`import * as all from ${module}; export { all };`, models);
    expect(Object.keys(all).sort()).toEqual(Object.keys(whole).sort());
    expect(JSON.stringify(Object.keys(whole).map((key) => all[key]))).toBe(JSON.stringify(Object.values(whole)));
    for (const key of Object.keys(all)) expect(all[key]).toBe(all[key]);
  });

  it('operations are those of the package, each made once', async () => {
    let total = 0;
    for (const file of readdirSync(join(folder, 'operations')).filter((each) => /^(?!index)\w+\.js$/.test(each))) {
      const path = join(folder, 'operations', file);
      const text = readFileSync(path, 'utf8');
      const names = [...text.matchAll(/^const (\w+OperationSpec) = /gm)].map(([, name]) => name as string);
      total += names.length;
      const late = `${lateOperations(text, path)}\nexport const all = { ${names.map((name) => `${name}: ${name}()`)} };
        export const again = { ${names.map((name) => `${name}: ${name}()`)} };
        for (const name in all) if (all[name] !== again[name]) throw new Error(name);`;
      const all = await loaded(late, dirname(path), [lateMappers]);
      const whole = await loaded(`${text}\nexport const all = { ${names} };`, dirname(path));
      expect(JSON.stringify(all)).toBe(JSON.stringify(whole));
    }
    expect(total).toBeGreaterThan(atLeast);
  });
});

describe('lateTable and lateOperations', () => {
  it.each([
    'export const a = 1;\n',
    'export const a = {\n    b: 1,\n};\nexport function c() {}\n',
    'import { A as AMapper, } from "../models/mappers.js";\nexport const a = {\n    mapper: [AMapper],\n};\n',
    'import { A, } from "../models/mappers.js";\nexport const a = {\n    mapper: A,\n};\n',
  ])('lateTable(%j) throws: the form is unknown', (text) => {
    expect(() => lateTable(text, 'models/mappers.js')).toThrow('models/mappers.js: not of the form');
  });

  it.each([
    'const aOperationSpec = {\n    b: 1,\n};\n',
    'send({}, aOperationSpec);\nuse(aOperationSpec);\nconst aOperationSpec = {\n    b: 1,\n};\n',
    'import { Mappers } from "../models/mappers.js";\nsend({}, aOperationSpec);\nconst aOperationSpec = {\n    b: Mappers.A,\n};\n',
  ])('lateOperations(%j) throws: the form is unknown', (text) => {
    expect(() => lateOperations(text, 'operations/blob.js')).toThrow('operations/blob.js: not of the form');
  });
});
