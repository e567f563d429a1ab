import { beforeEach, describe, expect, it } from 'vitest';
import type { Detection } from '../../../src/core/detections/detection.ts';
import { NO_TRAFFIC } from '../../../src/core/detections/traffic.ts';
import { VERDICTS } from '../../../src/core/detections/verdict.ts';
import { escapeForDisplay } from '../../../src/core/text/escape.ts';
import { groupedText, rateText, roundedText } from '../../../src/core/text/numbers.ts';
import { detectionsResponse } from '../../../src/http/handlers.ts';
import { KEY_HOLDER } from '../../../src/http/sign_in.ts';
import { BadRowError, badRow } from '../../../src/storage/ports/bad_row.ts';
import { StoreError } from '../../../src/storage/ports/store_error.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { delivery, groupId, HOSTILE_NAMES, suppression, verdict } from '../../contract/samples.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';
import { type Asked, asked, at, OUR_FORM, SITE_NOW, siteApp, storedDetection, WRITES } from '../../support/web/site.ts';

/** A seed with outliers. */
const OUTLIERS = 3;

let stores: MemoryStores;
const [FIRST, SECOND, THIRD] = [groupId(1), groupId(2), groupId(3)] as const;

beforeEach(async () => {
  stores = memoryStores();
  await stores.detections.insert(storedDetection(1, { DeviceName: 'wks-first' }));
  await stores.detections.insert(storedDetection(2, { DeviceName: 'wks-second', suppressedBy: 's-0a1b2c3d' }));
  await stores.detections.insert(storedDetection(3, { DeviceName: 'wks-third', state: 'resolved' }));
});

const get = (address: string, options?: Asked) => asked(siteApp(stores), address, options);
const post = (address: string, form: Record<string, string>, options: Asked = {}) =>
  get(address, { reader: WRITES, form: { token: 'form-token', ...form }, ...options });
const rowsOf = ({ body }: { body: string }) =>
  [...body.matchAll(/<tr class="row[^"]*">.*?href="detections\/([0-9a-f]{32})"/gs)].map(([, id]) => id);

/** The stores, and the requests that were made of them. */
function watching() {
  const queries: string[] = [];
  const watched = (name: string, store: object): object =>
    new Proxy(store, {
      get: (target, member) => {
        const value = Reflect.get(target, member) as unknown;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          queries.push(`${name}.${String(member)}`);
          return (value as (...all: unknown[]) => unknown).apply(target, args);
        };
      },
    });
  const all = Object.entries(stores).map(([name, store]) => [name, watched(name, store as object)]);
  return { watched: Object.fromEntries(all) as Stores, queries };
}

describe('the list', () => {
  it('is one query of the detections and reads nothing else, however the stores would answer', async () => {
    const { watched, queries } = watching();
    for (const page of ['detections', 'fleet', 'fleet?by=day', 'detections?view=resolved&q=process:updater*']) {
      queries.length = 0;
      expect((await asked(siteApp(watched), page)).status).toBe(200);
      expect(queries).toEqual(['detections.summaries']);
    }
  });

  it.each([
    ['open', [FIRST]],
    ['suppressed', [SECOND]],
    ['resolved', [THIRD]],
    ['all', [THIRD, FIRST, SECOND]],
  ])('%s', async (view, ids) => {
    expect(rowsOf(await get(`detections?view=${view}`)).toSorted()).toEqual(ids.toSorted());
  });

  it('unreviewed: without those that have a verdict', async () => {
    expect(rowsOf(await get('detections?view=unreviewed'))).toEqual([FIRST]);
    const found = await stores.detections.get(FIRST);
    await stores.detections.recordVerdict(FIRST, verdict(), found?.version ?? '');
    expect(rowsOf(await get('detections?view=unreviewed'))).toEqual([]);
    expect((await get('detections')).body).toContain('<span class="tag plain">false-positive</span>');
  });

  it('searches on the server, and says what is wrong with a search', async () => {
    expect(rowsOf(await get('detections?view=all&q=device:wks-s*'))).toEqual([SECOND]);
    expect(rowsOf(await get('detections?view=all&q=interval:<10'))).toEqual([]);
    const wrong = await get('detections?q=colour:red');
    expect([wrong.status, rowsOf(wrong)]).toEqual([400, []]);
    expect(wrong.body).toContain('colour must be one of state, device');
    expect(wrong.body).toContain('value="colour:red"');
  });

  it.each([
    ['detections?severity=high', 'severity is unknown'],
    ['detections?view=closed', 'view must be one of open, unreviewed, suppressed, resolved, all'],
    [`detections?q=${'a'.repeat(501)}`, 'q must be at most 500 characters'],
    ['detections?q=device:wks-other&q=', 'q must be given only once'],
    ['fleet?days=14', 'days is unknown'],
    ['fleet?by=week', 'by must be one of hour, day'],
  ])('does not show everything for %s, which it does not know', async (address, fault) => {
    const { status, body } = await get(address);
    expect([status, body.includes(fault), body.includes('wks-first')]).toEqual([400, true, false]);
  });

  it('shows the account and the ports, which are in the row', async () => {
    const traffic = {
      ...NO_TRAFFIC,
      accounts: ['ana.<b>', 'second.account'],
      ports: [8443, 443, 80, 25].map((port) => ({ port, reports: 1 })),
    };
    const others = memoryStores();
    await others.detections.insert(storedDetection(1, { traffic }));
    const { body } = await asked(siteApp(others), 'detections');
    expect(body).toContain(' · ana.&lt;b&gt;</small>');
    expect(body).toContain('>:8443, 443, 80 · ');
    expect(body).not.toContain('second.account');
  });

  it('marks the outliers of the hours as the evidence has them', async () => {
    const { 'kql-rule': rule } = storedDetection(OUTLIERS).assessments;
    const outliers = rule?.evidence.flags.filter((flag) => flag !== 0).length ?? 0;
    expect(outliers).toBeGreaterThan(0);
    const others = memoryStores();
    await others.detections.insert(storedDetection(OUTLIERS));
    expect((await asked(siteApp(others), 'detections')).body).toContain(`an hour, ${outliers} outlier`);
  });

  it('says that no run was there for hours', async () => {
    expect((await get('detections')).body).toMatch(/class="lamp"><.span>runs are on time · 1 listed/);
    await stores.detections.insert(storedDetection(4, { asOf: at('2026-11-29T07:00:00.0000000Z') }));
    const late = memoryStores();
    const old = at('2026-11-29T01:00:00.0000000Z');
    await late.detections.insert(storedDetection(1, { asOf: old, lastMatched: old }));
    const { body } = await asked(siteApp(late), 'detections');
    expect(body).toContain('no newer run for 6 hours: see Health');
    expect(body).toContain('class="lamp bad"');
  });

  it('is whole where nothing was found', async () => {
    const page = await asked(siteApp(memoryStores()), 'detections');
    expect([page.status, page.body.includes('no run has found any')]).toEqual([200, true]);
  });
});

describe('a detection', () => {
  it('shows the numbers of the API, its neighbours and its history', async () => {
    await stores.detections.insert(storedDetection(4, { RemoteIP: '203.0.113.1', DeviceName: 'wks-fourth' }));
    const found = await stores.detections.get(FIRST);
    const sent = delivery({ at: Date.UTC(2026, 10, 29, 7, 10) });
    const version = await stores.detections.mark(FIRST, { sink: 'soar', delivery: sent }, found?.version ?? '');
    await stores.detections.recordVerdict(FIRST, verdict({ note: 'seen <before>' }), version ?? '');
    const { status, body } = await get(`detections/${FIRST}`);
    const rule = storedDetection(1).assessments['kql-rule'];
    expect(status).toBe(200);
    expect(body).toContain(`${rule?.inliner_count} of ${rule?.count_of_hours} hours within the expected range`);
    expect([...body.matchAll(/<rect class="out"/g)]).toHaveLength(rule?.outlier_count ?? -1);
    expect(body).toContain('href="../detections/');
    expect(body).toContain('on wks-fourth');
    expect(body).toContain('Notified soar (revision 1, 1 attempt');
    expect(body).toContain('<small>seen &lt;before&gt;</small>');
    expect(body).toContain('Opened');
    expect(body).not.toContain('<dt>owner</dt>');
    const owned = { ...siteApp(stores), ownerOf: async () => ({ asn: 64_496, organisation: '<b>', country: 'NL' }) };
    expect((await asked(owned, `detections/${FIRST}`)).body).toContain('<dd>AS64496 &lt;b&gt;, NL</dd>');
    await stores.detections.insert(undecided(storedDetection(5)));
    expect((await get('detections')).body).toContain('<span class="tag plain">undecided</span>');
    expect((await get(`detections/${groupId(5)}`)).body).toContain('its severity is decided in the next run');
  });

  it('has the numbers of the API: each hour with its count, what was expected, its outliers; thresholds, score, days', async () => {
    await stores.detections.insert(storedDetection(OUTLIERS + 4));
    const id = groupId(OUTLIERS + 4);
    const request = { method: 'GET', params: { id }, query: [], headers: { get: () => null }, body: null };
    const api = JSON.parse((await detectionsResponse(siteApp(stores), request, KEY_HOLDER)).body) as Detection;
    const { body } = await get(`detections/${id}`);
    const cells = [...body.matchAll(/<tr><th scope="row">(\d\d-\d\d \d\d:\d\d)((?:<td>[^<]*)+)/g)].map(
      ([, hour, row = '']) => [hour, ...[...row.matchAll(/<td>([^<]*)/g)].map(([, cell]) => cell)],
    );
    const { 'kql-rule': rule, regularity } = api.assessments;
    const evidence = rule?.evidence;
    const points = evidence?.Timestamp.map((hour, index) => [
      `${hour.slice(5, 10)} ${hour.slice(11, 16)}`,
      String(evidence.ConnCounts[index]),
      roundedText(evidence.baseline[index] ?? 0, 1),
      ({ '1': 'above', '-1': 'below' } as Record<string, string>)[String(evidence.flags[index])] ?? '',
    ]);
    expect(points?.length).toBeGreaterThan(60);
    expect(
      cells
        .filter(([, count]) => count !== 'no report')
        .map(([hour, count, expected, , flag]) => [hour, count, expected, flag]),
    ).toEqual(points);
    expect([...body.matchAll(/<rect class="out"/g)]).toHaveLength(rule?.outlier_count ?? -1);
    expect(body).toContain(`${rateText(rule?.average ?? 0)} per hour (threshold ${evidence?.thresholds.minAverage})`);
    expect(body).toContain(`(minimum ${evidence?.thresholds.minUniform})`);
    expect(body).toContain(`${regularity?.regularity.toFixed(3)} (minimum 0.6`);
    const days = [...body.matchAll(/<th scope="row">2026-\d\d-\d\d<\/th><td>([^<]*)<\/td>/g)].map(([, text]) => text);
    expect(days).toEqual(api.days.map((count) => (count === null ? 'not known' : groupedText(count))));
    const hours = cells.map(([, count]) => (count === 'no report' ? null : Number(count)));
    expect(hours).toEqual(api.hours);
  });

  it('is one row, the query of the list, and at most four hours of its reports', async () => {
    const { watched, queries } = watching();
    expect((await asked(siteApp(watched), `detections/${FIRST}`)).status).toBe(200);
    const of = (name: string) => queries.filter((each) => each === name).length;
    expect([of('detections.get'), of('detections.summaries')]).toEqual([1, 1]);
    expect(of('hourlyCounts.ofGroup')).toBeLessThanOrEqual(4);
    // The rest reads the database of owners, once for the life of the process.
    const others = queries.filter((each) => !/^(detections|hourlyCounts)\./.test(each));
    expect(others.every((each) => each.startsWith('context.'))).toBe(true);
    expect(queries.filter((each) => /^hourlyCounts\.(?!ofGroup)/.test(each))).toEqual([]);
  });

  it('is shown as it was, where it is resolved and others went on', async () => {
    const past = at('2026-11-20T07:00:00.0000000Z');
    await stores.detections.insert(storedDetection(5, { state: 'resolved', lastMatched: past, episode: past }));
    const { body } = await get(`detections/${groupId(5)}`);
    expect(body).toContain('window to <time datetime="2026-11-20T07:00:00Z"');
    expect(body).toContain('Resolved: no match within a whole window');
  });

  it.each(['detections/0a', `detections/${groupId(9)}`, `fleet/${FIRST}`, 'nothing', `nothing/${FIRST}`])(
    '%s: not found',
    async (address) => {
      const { status, body } = await get(address);
      expect([status, body.includes('Not found')]).toEqual([404, true]);
    },
  );
});

describe('addresses', () => {
  it.each([
    ['http://host.example/api/ui', 'ui/detections'],
    ['http://host.example/api/ui/', 'detections'],
    ['detections/', '../detections'],
    [`detections/${FIRST}/`, `../${FIRST}`],
  ])('%s leads to %s', async (address, location) => {
    const { status, headers } = await get(address.replace('http://host.example', ''));
    expect([status, headers['location']]).toEqual([303, location]);
  });
});

describe('every page', () => {
  it.each(['detections', `detections/${FIRST}`, 'fleet', 'health', 'suppressions', 'nothing'])(
    '%s: has the policy, is not kept, not framed and not guessed',
    async (address) => {
      const { headers } = await get(address);
      expect(headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'same-origin',
      });
      expect(headers['content-security-policy']).toMatch(
        /^default-src 'none'; style-src 'sha256-.*frame-ancestors 'none'$/,
      );
    },
  );

  it('shows hostile names as text', async () => {
    for (const [index, name] of HOSTILE_NAMES.entries())
      await stores.detections.insert(
        storedDetection(100 + index, { DeviceName: name, InitiatingProcessFileName: name, otherProcesses: [name] }),
      );
    for (const address of [
      'detections?view=all',
      'fleet',
      ...HOSTILE_NAMES.map((_n, i) => `detections/${groupId(100 + i)}`),
    ]) {
      const { body } = await get(address, { reader: WRITES });
      const markup = body.slice(body.indexOf('<body>'));
      expect(markup).not.toMatch(/<(script|img|iframe|svg\/|object)|\son\w+=|javascript:/i);
    }
    const name = HOSTILE_NAMES[0] ?? '';
    expect((await get(`detections/${groupId(100)}`)).body).toContain(
      escapeForDisplay(name).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    );
  });

  it('says what the storage answers in place of a stack', async () => {
    stores.detections.summaries = () => {
      throw new StoreError('Detections: list', { cause: new Error('secret') });
    };
    const page = await get('detections');
    expect([page.status, page.body.includes('Detections: list failed. Check the storage account')]).toEqual([
      503,
      true,
    ]);
    stores.detections.get = async () => {
      throw new BadRowError(badRow('Detections', '0', '0a', 'Hours must be JSON'));
    };
    const bad = await get(`detections/${FIRST}`);
    expect([bad.status, bad.body.includes('Repair or remove the row.'), bad.body.includes('secret')]).toEqual([
      500,
      true,
      false,
    ]);
  });
});

describe('a form', () => {
  it('records a verdict in the name of the reader, whatever name it carries', async () => {
    const answer = await post(`detections/${FIRST}`, { value: 'true-positive', note: 'C2', who: 'somebody else' });
    expect([answer.status, answer.headers['location']]).toEqual([303, `../detections/${FIRST}`]);
    expect((await stores.detections.get(FIRST))?.row.verdict).toEqual({
      value: 'true-positive',
      note: 'C2',
      who: 'ana',
      at: SITE_NOW,
    });
  });

  it('offers every verdict, each under a key of its own', async () => {
    const { body } = await get(`detections/${FIRST}`, { reader: WRITES });
    const buttons = [...body.matchAll(/<button name="value" value="([^"]*)" data-key="(.)"/g)];
    expect(buttons.map(([, value]) => value)).toEqual([...VERDICTS]);
    const keys = buttons.map(([, , key]) => key);
    expect(new Set(keys).size).toBe(VERDICTS.length);
    for (const key of keys) expect(/'(\w+)'\.includes\(event\.key\)/.exec(body)?.[1]).toContain(key);
  });

  it('is refused with a fault, and for an unknown detection', async () => {
    const wrong = await post(`detections/${FIRST}`, { value: 'maybe' });
    expect([wrong.status, wrong.body.includes('value must be one of')]).toEqual([400, true]);
    expect((await post(`detections/${groupId(9)}`, { value: 'acknowledged' })).status).toBe(404);
    expect((await post('fleet', {})).status).toBe(405);
  });

  it.each([
    ['from another site', { headers: { ...OUR_FORM, 'sec-fetch-site': 'cross-site' } }, 403],
    ['from a neighbour of the site', { headers: { ...OUR_FORM, 'sec-fetch-site': 'same-site' } }, 403],
    ['typed by nobody', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 403],
    ['from another origin, by an old browser', { headers: { ...oldBrowser('https://evil.example') } }, 403],
    ['from no origin', { headers: { ...oldBrowser('null') } }, 403],
    ['with another token', { form: { token: 'other', value: 'acknowledged' } }, 403],
    ['without a token', { form: { value: 'acknowledged' } }, 403],
    ['of a reader who may only read', { reader: { name: 'ana', formToken: null } }, 403],
    ['as another type', { headers: { ...OUR_FORM, 'content-type': 'text/plain' } }, 415],
    ['that is very long', { form: { token: 'form-token', value: 'acknowledged', note: 'x'.repeat(20_000) } }, 413],
  ] as const)('%s is refused and changes nothing', async (_what, options, status) => {
    const answer = await post(`detections/${FIRST}`, { value: 'acknowledged' }, options);
    expect([answer.status, (await stores.detections.get(FIRST))?.row.verdict]).toEqual([status, null]);
    await post('suppressions', { process: 'a.exe', reason: 'why', days: '9' }, options);
    expect((await get('suppressions')).body).toContain('There are no suppressions.');
  });

  it('of an old browser is taken from the own origin', async () => {
    const answer = await post(
      `detections/${FIRST}`,
      { value: 'acknowledged' },
      { headers: oldBrowser('https://host.example') },
    );
    expect(answer.status).toBe(303);
  });
});

function oldBrowser(origin: string) {
  return { 'content-type': 'application/x-www-form-urlencoded', origin, host: 'host.example' };
}

describe('suppressions', () => {
  it('are added in the name of the reader and removed', async () => {
    const form = { device: 'wks-first', process: 'updater.exe', reason: 'our own agent', days: '30' };
    const added = await post('suppressions', { ...form, owner: 'somebody else' });
    expect([added.status, added.headers['location']]).toEqual([303, 'suppressions']);
    const [entry] = await siteApp(stores).listSuppressions();
    expect(entry).toMatchObject({ device: 'wks-first', owner: 'ana', expires: '2026-12-29T07:15:00.0000000Z' });
    const shown = await get('suppressions', { reader: WRITES });
    expect(shown.body).toContain(`value="${entry?.id}"`);
    expect((await get('suppressions')).body).not.toContain('<form method="post"');
    expect((await post('suppressions', { remove: entry?.id ?? '' })).status).toBe(303);
    expect((await post('suppressions', { remove: entry?.id ?? '' })).status).toBe(404);
    expect(await siteApp(stores).listSuppressions()).toEqual([]);
  });

  it('that are too wide are shown again, and forced with a second step', async () => {
    const form = { process: 'rundll32.exe', reason: 'why', days: '30' };
    const refused = await post('suppressions', form);
    expect([
      refused.status,
      refused.body.includes('name="force"'),
      refused.body.includes('value="rundll32.exe"'),
    ]).toEqual([400, true, true]);
    expect((await post('suppressions', { ...form, force: 'yes' })).status).toBe(303);
    const never = await post('suppressions', { reason: 'why', days: '400' });
    expect([never.status, never.body.includes('days must be a whole number from 1 to 366')]).toEqual([400, true]);
  });

  it('begin with the names of a detection, which no address repeats', async () => {
    const names = { DeviceName: 'wks-<1>', InitiatingProcessFileName: 'a".exe', RemoteIP: '*' };
    await stores.detections.insert(storedDetection(6, names));
    const link = /href="(\.\.\/suppressions\?[^"]*)"/.exec(
      (await get(`detections/${groupId(6)}`, { reader: WRITES })).body,
    );
    expect(link?.[1]).toBe(`../suppressions?of=${groupId(6)}`);
    const { body } = await get(`suppressions?of=${groupId(6)}`, { reader: WRITES });
    expect(body).toContain('name="device" value="wks-&lt;1&gt;"');
    expect(body).toContain('name="process" value="a&quot;.exe"');
    expect(body).toContain('name="remote" value=""');
    expect((await get('suppressions?of=unknown', { reader: WRITES })).body).toContain('name="device" value=""');
    await stores.suppressions.insert(suppression({ id: 's-00000001', reason: '<b>' }));
    expect((await get('suppressions')).body).toContain('<td>&lt;b&gt;</td>');
  });
});

function undecided(detection: Detection): Detection {
  return { ...detection, decision: { ...detection.decision, isDecided: false } };
}
