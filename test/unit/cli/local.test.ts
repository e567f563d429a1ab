import { expect, it } from 'vitest';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';

it.each<[string[], Record<string, string>, number, string]>([
  [['--exports', 'no/such/folder'], {}, 1, 'no/such/folder: no such file or folder\n'],
  [
    ['--exports', 'scripts'],
    {},
    1,
    'scripts: no report of an active source in its files, or only reports more than a day ahead of the clock\n',
  ],
  [['--format', 'xml'], {}, 2, '--format must be one of table, json, csv, got "xml"\n'],
  [
    ['--now', 'today'],
    {},
    2,
    '--now must be an ISO 8601 instant such as 2026-11-20T12:00:00Z, a date, now, or an age such as 24h or 3d, got "today"\n',
  ],
  [
    ['--now', '9998-01-01T00:00:00Z'],
    {},
    2,
    'the window would end at 9998-01-01 00:00 UTC: --now may be at most a day ahead of the clock\n',
  ],
  [[], { MIN_AVERAGE: 'high' }, 2, 'Invalid settings: MIN_AVERAGE must be a number ≥ 0, got "high"\n'],
])('beaconwatch local %j with %j ends before anything is started', async (args, env, code, message) => {
  const ended = await beaconwatch(['local', ...args], { env });
  expect(ended).toMatchObject({ code, stdout: '' });
  expect(ended.stderr.slice(0, message.length)).toBe(message);
});
