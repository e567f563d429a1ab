import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { containersOf } from '../../../src/config.ts';
import { SOURCES } from '../../../src/core/records/report.ts';
import { DEAD_LETTERS_CONTAINER } from '../../../src/storage/azure/names.ts';
import { REPO } from '../../support/bundle/child.ts';
import { files, literal, MAIN, TEMPLATES } from './template.ts';

const read = (path: string) => readFileSync(join(REPO, path), 'utf8');
/** The names under which functions/ registers its functions. */
const FUNCTIONS = readdirSync(join(REPO, 'functions'))
  .flatMap((name) => [...read(`functions/${name}`).matchAll(/functions\.\w+\('(\w+)'/g)])
  .map(([, name = '']) => name);

describe('names in infra/', () => {
  it('of the container of dead letters and of the exports are the code’s', () => {
    expect(
      literal(
        MAIN.root.namedChildren.find((node) => node?.namedChildren[0]?.text === 'deadLetters')?.namedChildren[1] ??
          undefined,
      ),
    ).toBe(DEAD_LETTERS_CONTAINER);
    const [, map = ''] = /var sourceContainers = \{\n([^}]*)\}/.exec(MAIN.text) ?? [];
    const pairs = [...map.matchAll(/^ {2}'?([\w-]+)'?: '(.*)'$/gm)].map(([, source, container]) => [source, container]);
    expect(pairs).toEqual(SOURCES.map((source) => [source, ...containersOf([source])]));
    expect(MAIN.text).toContain("param exportContainers string = ''");
    expect(read('infra/main.bicepparam')).toContain("'BEACONWATCH_EXPORT_CONTAINERS', ''");
  });

  it('of tables and queues are made by the code alone, on first use', () => {
    const made = TEMPLATES.flatMap(({ resources }) => resources).filter(({ type }) =>
      /tableServices|queueServices/.test(type),
    );
    expect(made).toEqual([]);
  });

  it('of functions are those that are registered', () => {
    expect(FUNCTIONS).toContain('sweepExports');
    for (const path of [...files('infra', '.kql'), 'infra/workbook.json']) {
      for (const [text] of read(path).matchAll(/line\.function (?:==|in) (?:'\w+'|\([^)]*\))/g)) {
        for (const [, name] of text.matchAll(/'(\w+)'/g))
          expect({ path, names: FUNCTIONS }).toMatchObject({ path, names: expect.arrayContaining([name]) });
      }
    }
    const [, told] = /functionName=Host\.Functions\.(\w+)/.exec(read('infra/scripts/event-subscription.sh')) ?? [];
    expect(FUNCTIONS).toContain(told);
  });

  it('that scripts take from the azd environment are put out by main.bicep, or read by main.bicepparam', () => {
    const asked = [...read('infra/main.bicepparam').matchAll(/readEnvironmentVariable\('(\w+)'/g)].map(
      ([, name]) => name,
    );
    const known = [...MAIN.outputs.map(({ name }) => name), ...asked];
    for (const path of files('infra/scripts', '.sh')) {
      for (const [, name] of read(path).matchAll(/\$\{?([A-Z][A-Z_]+)(?::[?-][^}]*)?\}?/g)) {
        if (name === 'WAIT_SECONDS') continue;
        expect({ path, known }).toMatchObject({ path, known: expect.arrayContaining([name]) });
      }
    }
  });

  it('that azure.yaml refers to are there', () => {
    const azd = parseYaml(read('azure.yaml')) as {
      infra: { path: string; module: string };
      services: Record<string, { project: string; host: string; language: string }>;
      hooks: Record<string, { run: string }>;
    };
    expect(`${azd.infra.path}/${azd.infra.module}.bicep`).toBe(MAIN.path);
    const [[service, { project, host }] = ['', { project: '', host: '' }]] = Object.entries(azd.services);
    expect(TEMPLATES.some(({ text }) => text.includes(`'azd-service-name': '${service}'`))).toBe(true);
    expect({ project, host }).toEqual({ project: 'dist/package', host: 'function' });
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const { run } of Object.values(azd.hooks)) {
      for (const [, script = ''] of run.matchAll(/npm run (\S+)/g)) expect(scripts).toHaveProperty(script);
      for (const [, path = ''] of run.matchAll(/bash (\S+)/g)) expect(read(path)).toMatch(/^#!/);
    }
  });
});

describe('the version of Node', () => {
  it('is one everywhere: .node-version, package.json, the templates, the workflows', () => {
    const pinned = read('.node-version').trim();
    const major = pinned.split('.')[0] ?? '';
    const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };
    expect(devDependencies['node']).toBe(pinned);
    expect(devDependencies['@types/node']?.split('.')[0]).toBe(major);
    expect(/^param nodeVersion string = '(\d+)'$/m.exec(MAIN.text)?.[1]).toBe(major);
    const app = TEMPLATES.find(({ path }) => path.endsWith('/function-app.bicep'))?.text ?? '';
    expect(app).toMatch(/runtime: \{\s+name: 'node'\s+version: nodeVersion/);
    for (const path of files('.github/workflows', '.yml')) {
      for (const [line] of read(path).matchAll(/^.*node-version.*$/gm)) {
        expect({ path, line: line.trim() }).toEqual({
          path,
          line: expect.stringMatching(/^(- )?node-version(-file: \.node-version|: \$\{\{ matrix\.node \}\})$/),
        });
      }
    }
  });
});
