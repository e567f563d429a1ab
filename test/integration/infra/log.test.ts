import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, node, pack, REPO } from '../../support/bundle/child.ts';
import { PLANTED } from './hostile_tenant.ts';
import { files } from './template.ts';

type Line = Readonly<Record<string, unknown>>;
interface Invoked {
  readonly function: string;
  readonly logs: readonly string[];
  readonly error?: string;
}

let folder: string;
let run: Ended;
let invoked: readonly Invoked[];
let lines: readonly Line[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-log-'));
  await pack(folder);
  run = await node(['test/integration/infra/hostile_run.ts', join(folder, 'functions.js')], {
    env: { PATH: process.env['PATH'] ?? '' },
  });
  if (run.code !== 0) throw new Error(run.stderr);
  invoked = JSON.parse(run.stdout);
  lines = invoked.flatMap(({ logs }) => logs.map((line) => JSON.parse(line) as Line));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const of = (...names: string[]) => lines.filter((line) => names.includes(String(line['function'])));

describe('the log of a run over a hostile tenant', () => {
  it('covers every function, a detection, dead letters, refusals and failures', () => {
    const functions = new Set(invoked.map((each) => each.function));
    for (const name of ['ingestExport', 'ingestQueued', 'sweepExports', 'scoreWindows', 'scorePartition']) {
      expect(functions).toContain(name);
    }
    expect(of('scorePartition').some(({ detections }) => detections === 1)).toBe(true);
    expect(of('notifyDetection')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ sink: 'takes', sent: 1 }),
        expect.objectContaining({ sink: 'refuses', failed: 1 }),
        expect.objectContaining({ sink: 'absent', waiting: 1 }),
      ]),
    );
    expect(of('ingestExport').map(({ end }) => end)).toEqual(expect.arrayContaining(['up-to-date', 'refused']));
    expect(of('detections').map(({ method, status }) => `${method} ${status}`)).toEqual([
      'GET 200',
      'GET 400',
      'GET 404',
      'GET 200',
      'POST 404',
      'POST 400',
    ]);
    expect(of('health').map(({ status }) => status)).toEqual([200]);
  });

  it.each(PLANTED)('holds nothing of %s: no line, no error as the host logs it, no output of the process', (name) => {
    const all = JSON.stringify({ invoked, stderr: run.stderr }).toLowerCase();
    expect(all).not.toContain(name);
    expect(all).not.toContain(Buffer.from(name).toString('base64').slice(0, -4).toLowerCase());
    expect(all).not.toContain(encodeURIComponent(name).toLowerCase());
  });

  it('has one line for each invocation, with the function, the invocation and how long it took', () => {
    for (const { function: name, logs, error } of invoked) {
      expect(logs).toHaveLength(1);
      const line = JSON.parse(logs[0] ?? '') as Line;
      expect(line).toMatchObject({ function: name, invocationId: expect.any(String), durationMs: expect.any(Number) });
      expect('error' in line).toBe(error !== undefined);
    }
  });

  it('can be followed from the export to the notification', async () => {
    const ingested = of('ingestExport').find(({ segments }) => segments === 1);
    expect(ingested).toMatchObject({ exportId: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(ingested?.['segmentIds']).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
    const scored = of('scorePartition').find(({ opened }) => opened === 1);
    expect(scored?.['asOf']).toBe(of('scoreWindows')[0]?.['asOf']);
    const messages = of('notifyDetection').flatMap((line) => (line['messages'] ?? []) as { id: string }[]);
    expect(messages).toHaveLength(3);
    for (const { id } of messages) expect(id).toBe(`${id.slice(0, 24)}|${scored?.['asOf']}|1`);
    expect(messages[0]?.id).toMatch(/^[0-9a-f]{24}\|/);
  });
});

interface Query {
  readonly where: string;
  readonly text: string;
}

const read = (path: string) => readFileSync(join(REPO, path), 'utf8');
const ALERTS: Query[] = files('infra/alerts', '.kql').map((path) => ({ where: path, text: read(path) }));
const WORKBOOK: Query[] = (JSON.parse(read('infra/workbook.json')) as Workbook).items
  .filter(({ content }) => content.query !== undefined)
  .map(({ name, content }) => ({ where: `workbook, ${name}`, text: content.query ?? '' }));
interface Workbook {
  readonly items: readonly { readonly name: string; readonly content: { readonly query?: string } }[];
}
const OURS = [...ALERTS, ...WORKBOOK].filter(({ text }) => text.includes('AppTraces'));

/** The functions whose lines a query looks at; all where it does not say. */
function functionsOf(text: string): string[] {
  const named = [...text.matchAll(/\| where line\.function (?:==|in) ('\w+'|\([^)]*\))/g)].flatMap(([, names = '']) =>
    [...names.matchAll(/'(\w+)'/g)].map(([, name = '']) => name),
  );
  return named.length > 0 ? named : [...new Set(lines.map((line) => String(line['function'])))];
}

/** What real lines of these functions hold there. */
function valuesOf(text: string, path: string): unknown[] {
  return of(...functionsOf(text))
    .map((line) => path.split('.').reduce<unknown>((value, key) => (value as Line | undefined)?.[key], line))
    .filter((value) => value !== undefined);
}

/** What a conversion of KQL asks of the value that it is given. */
const TAKES: Record<string, (value: unknown) => boolean> = {
  tolong: (value) => Number.isInteger(value),
  todatetime: (value) => value === '' || !Number.isNaN(Date.parse(String(value))),
  tostring: () => true,
  isnotnull: () => true,
  isnotempty: () => true,
  array_length: Array.isArray,
  bag_keys: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

describe('the queries of the alerts and the workbook', () => {
  it('are seven and six, over our lines or the host’s requests', () => {
    expect(ALERTS.map(({ where }) => where.replace(/^.*\//, ''))).toEqual([
      'dead-letters.kql',
      'errors.kql',
      'no-run.kql',
      'no-telemetry.kql',
      'poison.kql',
      'sink-failed.kql',
      'unread-export.kql',
    ]);
    expect(WORKBOOK).toHaveLength(6);
    for (const { text } of OURS) {
      expect(text).toContain(
        "AppTraces\n| where AppRoleName == 'FUNCTION_APP_NAME' and Message startswith '{\"function\":'\n" +
          '| extend line = parse_json(Message)\n',
      );
    }
    expect(lines.every((_, index) => invoked[index]?.logs[0]?.startsWith('{"function":'))).toBe(true);
  });

  it.each(OURS.map((query) => [query.where, query.text]))(
    '%s: its fields are in real lines, of its type',
    (_, text) => {
      const uses = [...text.matchAll(/(?:(\w+)\()?line\.([\w.]+)/g)];
      expect(uses.length).toBeGreaterThan(0);
      for (const [, conversion, path = ''] of uses) {
        const values = valuesOf(text, path);
        expect({ path, found: values.length > 0 }).toEqual({ path, found: true });
        const takes = TAKES[conversion ?? ''];
        if (conversion !== undefined && takes === undefined && !/^(countif|where)$/.test(conversion)) {
          throw new Error(`this test does not know ${conversion}()`);
        }
        if (takes !== undefined)
          expect({ path, conversion, bad: values.filter((value) => !takes(value)) }).toEqual({
            path,
            conversion,
            bad: [],
          });
      }
    },
  );

  it.each(OURS.map((query) => [query.where, query.text]))('%s: the words it looks for occur', (_, text) => {
    for (const [, path = '', word] of text.matchAll(/line\.([\w.]+) == '([\w-]+)'/g)) {
      expect(valuesOf(text, path)).toContain(word);
    }
  });

  it('leave their span to the rule: ago() in an alert makes it two days (Azure Monitor, log search alerts)', () => {
    for (const { where, text } of ALERTS) {
      const code = text.replaceAll(/^\/\/.*$/gm, '');
      expect({ where, ago: /\bago\s*\(/.test(code) }).toEqual({ where, ago: false });
    }
  });

  it('each have their rule, and their runbook', () => {
    const rules = read('infra/modules/alerts.bicep');
    const page = read('docs/deploy.md');
    const names = ALERTS.map(({ where }) => /([\w-]+)\.kql$/.exec(where)?.[1] ?? '');
    expect([...rules.matchAll(/^ {4}name: '([\w-]+)'$/gm)].map(([, name]) => name).toSorted()).toEqual(names);
    for (const name of names) {
      expect(rules).toContain(`loadTextContent('../alerts/${name}.kql')`);
      expect(page).toMatch(new RegExp(`^### ${name}$`, 'm'));
    }
  });

  it('no-run, poison and sink-failed say what they would on these lines', () => {
    // The conditions by hand, on the lines that they are about.
    expect(of('scorePartition').reduce((sum, { scored }) => sum + Number(scored ?? 0), 0)).toBe(2 * 16);
    const poisoned = of('sweepExports').filter(({ poison }) => Object.keys(poison as object).length > 0);
    expect(poisoned).toHaveLength(1);
    expect(
      of('notifyDetection')
        .filter(({ failed }) => Number(failed) > 0)
        .map(({ sink }) => sink),
    ).toEqual(['refuses']);
    const faults = ['SINKS[3].url must be an https URL (http only to this machine)'];
    expect(of('sweepExports').map(({ sinkFaults }) => sinkFaults)).toEqual(of('sweepExports').map(() => faults));
    expect(of('sweepExports').every(({ missingContainers }) => (missingContainers as string[]).length === 1)).toBe(
      true,
    );
  });
});
