import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import type { SampleFormatName } from '../../../../tools/sample/formats.ts';
import { shapeOf } from '../../../support/sample/shape.ts';
import { thinPlan } from '../../../support/sample/thin.ts';
import { written } from '../../../support/sample/written.ts';

type Json = Record<string, unknown>;

const plan = thinPlan();

/** The records of a format that is JSON lines, as they are written for a thin tenant. */
function sampled(format: SampleFormatName): Json[] {
  return appended(format).map((line) => JSON.parse(line.toString()));
}

function appended(format: SampleFormatName): Buffer[] {
  return written(format, plan).flatMap((append) => append.lines);
}

function documented(format: string): Json[] {
  const text = readFileSync(new URL(`../../../fixtures/formats/${format}.jsonl`, import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** One form for a member, the documented one; where that is text of no form of its own, any text. */
function expectForms(member: string, documentedForm: string, forms: Iterable<string | undefined>): void {
  const free = documentedForm === 'text: any' || documentedForm === 'text: empty';
  const others = [...forms].filter((form) => (free ? !form?.startsWith('text: ') : form !== documentedForm));
  expect([member, ...others]).toEqual([member]);
}

/** Number of a Windows event, wherever it stands. */
function idOf(record: Json): number {
  return Number(record['EventID'] ?? (record['winlog'] as Json | undefined)?.['event_id']);
}

/**
 * The sample against the records that the products' documentation shows (test/fixtures/formats): so that a generator and
 * our parser cannot agree with it on a form that no product writes.
 */
describe.each([
  ['sysmon-event', 3, []],
  ['sysmon-windowsevent', 3, []],
  ['wfp-securityevent', 5156, []],
  // Documented: some records lack it.
  ['nxlog', 3, ['/ProcessId']],
  ['nxlog', 5156, []],
  ['winlogbeat', 3, []],
  ['ecs', 3, ['/network/protocol']],
] as const)('sample --format %s, event %d', (format, id, optional) => {
  const expected = shapeOf(documented(format).find((record) => idOf(record) === id));
  const records = sampled(format).filter((record) => idOf(record) === id);
  const shapes = records.map((record) => shapeOf(record));

  test('is there', () => {
    expect(records.length).toBeGreaterThan(1_000);
  });

  test('has the members of the documented record, in its order', () => {
    const members = [...expected.keys()];
    const lists = new Set(shapes.map((shape) => [...shape.keys()].join('\n')));
    for (const list of lists) {
      const missing = members.filter((member) => !list.split('\n').includes(member));
      expect(missing.filter((member) => !(optional as readonly string[]).includes(member))).toEqual([]);
      expect(list.split('\n')).toEqual(members.filter((member) => !missing.includes(member)));
    }
    expect(lists.has(members.join('\n'))).toBe(true);
  });

  test('has their types, and texts of their forms', () => {
    for (const [member, form] of expected) {
      const forms = new Set(shapes.map((shape) => shape.get(member)).filter((each) => each !== undefined));
      // A number in the older versions.
      if (format === 'winlogbeat' && member === '/winlog/event_id') forms.delete('number');
      expectForms(member, form, forms);
    }
  });
});

describe.each(['defender', 'defender-records', 'defender-raw', 'log-analytics'] as const)(
  'sample --format %s',
  (format) => {
    const [example = {}] = documented(format === 'log-analytics' ? format : 'defender');
    const expected = shapeOf(example);
    const records = sampled(format).flatMap(
      (record) => (record['records'] ?? (Array.isArray(record) ? record : [record])) as Json[],
    );
    const shapes = records.map((record) => shapeOf(record));

    test('has the members of the documented record, in its order', () => {
      const members = [...expected.keys()].filter((member) => !BELOW_ADDITIONAL_FIELDS.test(member));
      for (const shape of shapes) {
        const list = [...shape.keys()].filter((member) => !BELOW_ADDITIONAL_FIELDS.test(member));
        // The documented row of a workspace leaves columns out.
        expect(format === 'log-analytics' ? list.filter((member) => expected.has(member)) : list).toEqual(members);
      }
    });

    test('has their types, and texts of their forms; each column may be null or empty', () => {
      for (const [member, form] of expected) {
        // Text as a rule, an object at times; of a workspace an object.
        if (form === 'null' || MIXED.test(member)) continue;
        const forms = new Set(shapes.map((shape) => shape.get(member)));
        // Documented: sometimes without its zone.
        const empty = member === '/_TimeReceivedBySvc' ? 'text: any' : 'text: empty';
        // A workspace has no null text.
        const none = format === 'log-analytics' && form.startsWith('text: ') ? empty : 'null';
        for (const each of [none, empty, undefined]) forms.delete(each);
        expectForms(member, form, forms);
      }
    });
  },
);

const BELOW_ADDITIONAL_FIELDS = /AdditionalFields\//;
const MIXED = /^\/properties\/AdditionalFields$|AdditionalFields\//;

describe('sample --format portal-csv', () => {
  const csv = (bytes: Buffer) => parse(bytes, { bom: true, relax_column_count: true }) as string[][];
  const bytes = Buffer.concat(appended('portal-csv'));
  const example = readFileSync(new URL('../../../fixtures/formats/portal-csv.csv', import.meta.url));
  const [columns = [], ...rows] = csv(bytes);
  const [documented = [], first = []] = csv(example);

  test('has the columns that a query shows, texts of their forms, byte order mark and line ends', () => {
    expect(documented.filter((column) => !columns.includes(column))).toEqual([]);
    for (const [i, column] of documented.entries()) {
      const forms = rows.map((row) => shapeOf(row[columns.indexOf(column)]).get(''));
      expectForms(column, shapeOf(first[i]).get('') ?? '', new Set(forms.filter((form) => form !== 'text: empty')));
    }
    for (const each of [bytes, example]) {
      expect(each.subarray(0, 3).toString('hex')).toBe('efbbbf');
      expect(each.subarray(0, each.indexOf('\n')).at(-1)).toBe('\r'.charCodeAt(0));
    }
  });
});
