import { describe, expect, it } from 'vitest';
import { isMet, type Results } from '../../../bench/harness/results.ts';
import { filled, partsOf } from '../../../bench/page/tables.ts';

describe('filled(page, parts)', () => {
  it('replaces the text between the markers, and nothing else', () => {
    const before = 'a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nb\n';
    const after = 'a\n<!-- bench:x -->\n\nnew $& |\n\n<!-- /bench:x -->\nb\n';
    expect(filled(before, new Map([['x', 'new $& |']]))).toBe(after);
    expect(filled(after, new Map([['x', 'new $& |']]))).toBe(after);
  });

  it('throws for markers without results', () => {
    expect(() => filled('<!-- bench:x -->\n<!-- /bench:x -->', new Map())).toThrow('bench:x');
  });
});

describe('partsOf(results)', () => {
  const results: Results = {
    name: 'score',
    origin: {
      date: '2026-11-20T12:00:00Z',
      commit: '0123456789ab',
      dirty: false,
      node: '24.21.0',
      cpu: 'A CPU',
      cores: 2,
      memoryGiB: 8,
      os: 'Linux',
    },
    full: true,
    rounds: 3,
    work: { lines: 1000 },
    measured: { ours: { wallMs: [1, 2, 3] } },
    summaries: {
      ours: { wallMs: { median: 2, low: 1.5, high: 2.5 } },
      other: { cpuMs: { median: 1234, low: 1, high: 2000 } },
    },
    outcomes: {
      low: { value: 0.5, spread: [0.4, 0.6], atMost: 0.6, unit: 'of it' },
      high: { value: 80, atLeast: 100, unit: 'a second' },
      flat: { value: 1.2, atMost: 1.1, atLeast: 0.9, unit: 'times' },
      plain: { value: 7, unit: 'times' },
    },
    skipped: ['jq: not here'],
  };
  const parts = partsOf([results]);

  it('says of each goal whether it is met, and by how much it is missed', () => {
    const rows = parts.get('goals')?.split('\n').slice(2);
    expect(rows).toEqual([
      '| `score` | low | 0.5 of it | at most 0.6 | met |',
      '| `score` | high | 80 a second | at least 100 | **missed** by 20 % |',
      '| `score` | flat | 1.2 times | 0.9 to 1.1 | **missed** by 10 % |',
    ]);
    expect(Object.values(results.outcomes).map(isMet)).toEqual([true, false, false, true]);
  });

  it('shows medians and quartiles, where and when, and who took no part', () => {
    const part = parts.get('score') ?? '';
    expect(part).toContain('2026-11-20, commit `0123456789ab`, Node 24.21.0, A CPU, 2 cores, 8 GiB; 3 rounds');
    expect(part).toContain('| ours | 2 (1.5–2.5) | – |');
    expect(part).toContain('| other | – | 1,234 (1–2,000) |');
    expect(part).toContain('Skipped: jq: not here');
    expect(part).not.toContain('Fewer rounds');
    expect(partsOf([{ ...results, full: false }]).get('score')).toContain('Fewer rounds');
  });
});
