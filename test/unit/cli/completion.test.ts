import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';

const script = async (shell: string) => (await beaconwatch(['completion', shell])).stdout;

describe('completion', () => {
  it('bash completes commands, their commands, and options', async () => {
    const text = await script('bash');
    const completed = (...words: readonly string[]) => {
      const all = ['beaconwatch', ...words].map((word) => `'${word}'`).join(' ');
      const run = `${text}\nCOMP_WORDS=(${all}); COMP_CWORD=${words.length}; _beaconwatch; echo "\${COMPREPLY[@]}"`;
      return spawnSync('bash', ['-c', run], { encoding: 'utf8' }).stdout.trim();
    };
    expect(completed('det')).toBe('detections');
    expect(completed('detections', 'ma')).toBe('mark');
    expect(completed('detections', 'list', '--sev')).toBe('--severity');
    expect(completed('score', 'file.json', '--det')).toBe('--detector');
    expect(completed('score', 'exp')).toBe('');
  });

  it('zsh and fish have the same words', async () => {
    expect(await script('zsh')).toMatch(/^#compdef beaconwatch\n[\s\S]*--severity/);
    expect(await script('fish')).toMatch(
      /-n '__fish_seen_subcommand_from detections;[^\n]* -a mark -d 'record a verdict'\n/,
    );
  });

  it('refuses another shell', async () => {
    expect(await beaconwatch(['completion', 'csh'])).toMatchObject({ code: 2, stdout: '' });
  });
});
