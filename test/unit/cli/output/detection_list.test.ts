import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import widthOf from 'string-width';
import { describe, expect, it } from 'vitest';
import { listText } from '../../../../src/cli/commands/detection_list.ts';
import { PLAIN } from '../../../../src/cli/output/view.ts';
import type { Timestamp } from '../../../../src/core/kql/timestamp.ts';
import { detection } from '../../../contract/samples.ts';
import { type DetectionChanges, regular, summaryOf } from '../../../support/detections.ts';

const at = (text: string) => text as Timestamp;
const TIMES = { episode: at('2026-11-19T22:00:00.0000000Z'), lastMatched: at('2026-11-20T09:00:00.0000000Z') };

function listed(id: string, changes: DetectionChanges) {
  const summary = summaryOf(detection({ ...TIMES, known: null, groupId: id.padEnd(32, '0'), ...changes }));
  return { ...summary, id: summary.groupId, deliveries: {}, verdict: null, account: 'ana', ports: [443] };
}

/** As the rows of a list are: mixed case, a long name, no process name, a process as a whole. */
const ROWS = [
  listed('98096092462f', {
    ...{ severity: 'high', state: 'ongoing', DeviceName: 'SRV-7618.corp.example', devices: 1 },
    ...{ InitiatingProcessFileName: 'rundll32.exe', RemoteIP: '203.0.113.1' },
  }),
  listed('4be02f1c77d0', {
    ...{ severity: 'medium', state: 'new', DeviceName: 'wks-7803.emea.corp.example', devices: 1 },
    ...{ InitiatingProcessFileName: 'edge-sync-background-service.exe', RemoteIP: '*', average: 12 },
    assessments: { 'kql-rule': null, regularity: regular({ way: 'process', interval: 300 }) },
  }),
  listed('b7f2430c89b7', {
    ...{ severity: 'low', state: 'ongoing', DeviceName: 'wks-7914', devices: 23 },
    ...{ InitiatingProcessFileName: '', RemoteIP: '2001:db8::77', suppressedBy: 's-0a1b2c3d' },
  }),
];

const textAt = (width: number, hasColour = false) => listText(ROWS, 'table', { width, hasColour, widthOf });
const docs = readFileSync('docs/commands.md', 'utf8');

describe('detections list', () => {
  it.each([80, 120, 200])('fits %d columns, as docs/commands.md shows it', (width) => {
    const text = textAt(width);
    for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(width);
    expect(text).toMatch(/^id +severity .* process .* remote .* interval/);
    expect(docs).toContain(text);
  });

  it('has fewer columns on a narrower terminal, and names those that are omitted', () => {
    const omitted = (width: number) =>
      /\(not shown at \d+ columns: ([^)]*\)?[^)]*\)?[^)]*)\)/
        .exec(textAt(width).replaceAll('\n', ''))?.[1]
        ?.split(', ') ?? [];
    expect(omitted(80).length).toBeGreaterThan(omitted(120).length);
    expect(omitted(200)).toEqual([]);
    for (const width of [80, 120]) expect(omitted(width)).not.toContain('severity');
  });

  it('has the same text with colours and without', () => {
    expect(textAt(120, true)).not.toBe(textAt(120));
    expect(stripVTControlCharacters(textAt(120, true))).toBe(textAt(120));
  });

  it('gives a pipe every column in full, a line per row', () => {
    const lines = listText(ROWS, 'table', PLAIN).trimEnd().split('\n');
    expect(lines.map((line) => line.split('\t').length)).toEqual([18, 18, 18, 18]);
    expect(lines[2]).toContain('\twks-7803.emea.corp.example\tedge-sync-background-service.exe\t');
    expect(docs).toContain(lines.slice(0, 2).join('\n').replaceAll('\t', ' → '));
  });
});
