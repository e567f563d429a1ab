import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

const COMMANDS = [
  ...['score', 'sample', 'local', 'run', 'ingest', 'replay', 'dead-letters', 'health', 'notify'].map((name) => [name]),
  ...['list', 'show', 'mark'].map((name) => ['detections', name]),
  ...['add', 'list', 'remove', 'test'].map((name) => ['suppress', name]),
  ...[['detections'], ['suppress'], []],
];

describe('beaconwatch', () => {
  it('--version prints the version', async () => {
    expect(await beaconwatch(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('without a command prints the help, and fails as wrong usage', async () => {
    const { code, stdout, stderr } = await beaconwatch([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: beaconwatch');
    for (const [name = ''] of COMMANDS) expect(stderr).toContain(`  ${name}`);
  });

  it.each(COMMANDS.map((command) => [command]))(
    '%j --help goes to stdout, without a meaningless default',
    async (command) => {
      const { code, stdout, stderr } = await beaconwatch([...command, '--help']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(`Usage: ${['beaconwatch', ...command].join(' ')} `);
      expect(stdout).not.toMatch(/default: (false|\[\]|"")/);
    },
  );

  it.each([[['score']], [['local']], [['run']], [['ingest']], [['suppress']]])(
    '%j --help fills its lines',
    async (command) => {
      const { stdout } = await beaconwatch([...command, '--help']);
      const description = stdout.split('\n\n')[1]?.split('\n') ?? [];
      for (const line of description.slice(0, -1)) expect(line.length).toBeGreaterThan(60);
    },
  );

  it('prints a message without a stack for a file that the system refuses', async () => {
    const ended = await beaconwatch(['sample', '--out', '/dev/null/x']);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(/ENOTDIR|is a file/);
    expect(ended.stderr).not.toMatch(/^ {4}at /m);
  });
});
