import { createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import type { Detection } from '../../../src/core/detections/detection.ts';
import type { Timestamp } from '../../../src/core/kql/timestamp.ts';
import type { ApiRequest, HttpAnswer } from '../../../src/http/answers.ts';
import { pagesResponse } from '../../../src/http/pages.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import type { Reader } from '../../../src/web/site_page.ts';
import { detection, groupId } from '../../contract/samples.ts';
import { type DetectionChanges, regular } from '../detections.ts';
import { PAGE_WINDOW, pageDetection } from './page.ts';

/** A quarter of an hour after the window of the detections. */
export const SITE_NOW = Date.parse('2026-11-29T07:15:00Z');
const AS_OF = PAGE_WINDOW.asOf;

/** The detection of a seed as it is stored: about 60 connections an hour, with hours off and an outlier here and there. */
export function storedDetection(seed: number, changes: DetectionChanges = {}): Detection {
  const shown = pageDetection(seed);
  const { kqlRule } = shown;
  const points = kqlRule?.points ?? [];
  return detection({
    groupId: groupId(seed),
    ...{ DeviceName: shown.DeviceName, InitiatingProcessFileName: shown.InitiatingProcessFileName },
    ...{ RemoteIP: shown.RemoteIP, severity: shown.severity, severityReason: shown.severityReason },
    ...{ devices: shown.devices ?? 1, hours: shown.hours },
    days: [...Array.from({ length: 26 }, () => null), 700, 1400, 1400, 400],
    ...{ asOf: AS_OF, lastMatched: AS_OF, episode: AS_OF },
    assessments: {
      'kql-rule': {
        FirstConnection: (points[0]?.hour ?? AS_OF) as never,
        LastConnection: (points.at(-1)?.hour ?? AS_OF) as never,
        count_of_hours: points.length,
        inliner_count: kqlRule?.inliner_count ?? 0,
        outlier_count: kqlRule?.outlier_count ?? 0,
        avg_conn_count: Math.trunc(kqlRule?.average ?? 0),
        average: kqlRule?.average ?? 0,
        spread: kqlRule?.spread ?? 0,
        interval: kqlRule?.interval ?? null,
        lastMatched: AS_OF,
        evidence: {
          grain: 'hour',
          Timestamp: points.map(({ hour }) => hour),
          ConnCounts: points.map(({ count }) => count),
          flags: points.map(({ flag }) => flag),
          scores: points.map(({ score }) => score),
          baseline: points.map(({ expected }) => expected),
          ...{ period: 0, omitted: 0 },
          thresholds: { lookbackDays: 3, minUniform: 12, minAverage: 45, anomalyThreshold: 1.5 },
        },
      },
      regularity: regular({ lastMatched: AS_OF }),
    },
    ...changes,
  });
}

export function siteApp(stores: Stores) {
  const config = readConfig({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' });
  return createApp(config, { stores, sinks: [], clock: () => SITE_NOW });
}

export const READS: Reader = { name: 'ana', formToken: null };
export const WRITES: Reader = { name: 'ana', formToken: 'form-token' };

/** What a browser sends with a form of our own page. */
export const OUR_FORM = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' };

export interface Asked {
  readonly method?: string;
  readonly reader?: Reader;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
}

/** The answer to one request, such as `detections?view=all`. */
export async function asked(
  app: ReturnType<typeof siteApp>,
  address: string,
  { method, reader = READS, headers = OUR_FORM, form }: Asked = {},
): Promise<HttpAnswer> {
  const url = new URL(address, 'http://host.example/api/ui/');
  const [view, id] = url.pathname.replace('/api/ui/', '').split('/');
  const request: ApiRequest = {
    method: method ?? (form === undefined ? 'GET' : 'POST'),
    params: { ...(view && { view }), ...(id && { id }) },
    query: url.searchParams,
    headers: { get: (name) => headers[name] ?? null },
    body: form === undefined ? null : bytesOf(new URLSearchParams(form).toString()),
  };
  return await pagesResponse(app, { ...request, path: url.pathname }, reader);
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

export function at(text: string): Timestamp {
  return text as Timestamp;
}
