import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { BICEP_VERSION } from '../../../scripts/bicep.ts';
import { releaseNotes } from '../../../scripts/release-notes.ts';
import { REPO } from '../../support/bundle/child.ts';
import { files } from './template.ts';

interface Job {
  readonly needs?: readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly 'runs-on'?: string;
  readonly strategy?: { readonly matrix: { readonly node: readonly number[] } };
  readonly steps: readonly { readonly uses?: string; readonly run?: string; readonly with?: Record<string, unknown> }[];
}
interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const read = (path: string) => readFileSync(join(REPO, path), 'utf8');
const PATHS = files('.github/workflows', '.yml');
const parsed = (path: string) => {
  const document = parseDocument(read(path), { strict: true, uniqueKeys: true });
  expect({ path, errors: document.errors, warnings: document.warnings }).toEqual({ path, errors: [], warnings: [] });
  return document.toJS() as Workflow;
};

/** The tags that these hashes are, as many public workflows have them side by side. */
const PINNED: Record<string, string> = {
  'actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd': 'v6.0.2',
  'actions/setup-node@48b55a011bda9f5d6aeb4c2d9c7362e8dae4041e': 'v6.4.0',
  'actions/upload-artifact@b7c566a772e6b6bfb58ed0dc250532a479d7789f': 'v6.0.0',
  'azure/login@532459ea530d8321f2fb9bb10d1e0bcf23869a43': 'v3.0.0',
};

describe.each(PATHS.map((path) => [path]))('%s', (path) => {
  it('parses, may only read by default, and runs on a named machine for a limited time', () => {
    const { permissions, jobs } = parsed(path);
    expect(permissions).toEqual({ contents: 'read' });
    for (const [name, job] of Object.entries(jobs)) {
      expect({ name, machine: job['runs-on'], minutes: job['timeout-minutes'] }).toEqual({
        name,
        machine: expect.stringMatching(/^(ubuntu-\d\d\.\d\d|windows-\d{4})$/),
        minutes: expect.any(Number),
      });
    }
  });

  it('uses actions by their full hash, with the version beside it', () => {
    const uses = [...read(path).matchAll(/uses: (.*)$/gm)].map(([, line = '']) => line);
    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) {
      const [, action = '', version = ''] = /^([\w.-]+\/[\w.-]+@[0-9a-f]{40}) # (v\d+\.\d+\.\d+)$/.exec(line) ?? [];
      expect({ line, version }).toEqual({ line, version: PINNED[action] ?? 'an action that this test does not know' });
    }
  });

  it('leaves no token in the checkout, and puts nothing that others write into a script', () => {
    for (const { steps } of Object.values(parsed(path).jobs)) {
      for (const { uses, run = '', with: given } of steps) {
        if (uses?.startsWith('actions/checkout@')) expect(given).toMatchObject({ 'persist-credentials': false });
        expect(run).not.toMatch(/\$\{\{/);
      }
    }
  });

  it('runs scripts and files that are there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const { steps } of Object.values(parsed(path).jobs)) {
      for (const { run = '' } of steps) {
        for (const [, script = ''] of run.matchAll(/npm run (?:-s )?([\w:-]+)/g))
          expect(scripts).toHaveProperty(script);
        for (const [, file = ''] of run.matchAll(
          /(?:bash|node|--file|--template-file|--parameters) ([\w./-]+\.?\w+)/g,
        )) {
          expect({ file, exists: existsSync(join(REPO, file)) }).toEqual({ file, exists: true });
        }
      }
    }
  });
});

describe('the workflows', () => {
  it('have one gate, which needs every other job of CI', () => {
    const { gate, ...others } = parsed('.github/workflows/ci.yml').jobs;
    expect([...(gate?.needs ?? [])].sort()).toEqual(Object.keys(others).sort());
  });

  it('lint code and documentation, test on Node 22 and 24, run the documented commands, and compile the templates', () => {
    const { jobs } = parsed('.github/workflows/ci.yml');
    expect(jobs['unit']?.strategy?.matrix.node).toEqual([22, 24]);
    const unit = jobs['unit']?.steps.map(({ run }) => run).join('\n');
    for (const tests of ['run --project unit', 'run test/e2e/bundle']) expect(unit).toContain(tests);
    for (const command of ['npm run lint', 'npm run lint:docs', 'npm run types', 'npm run coverage']) {
      expect(jobs['lint']?.steps.map(({ run }) => run)).toContain(command);
    }
    expect(jobs['docs-commands']?.steps.some(({ run }) => run === 'bash .ci/run docs')).toBe(true);
    expect(jobs['bicep']?.steps.some(({ run }) => run === 'npm run infra -- --require')).toBe(true);
    expect(read('.ci/run')).toMatch(/npm run -s infra -- \$\{CI:\+--require\}$/m);
  });

  it('may do more only in the one job that needs it', () => {
    const more = PATHS.flatMap((path) =>
      Object.entries(parsed(path).jobs)
        .filter(([, { permissions }]) => permissions !== undefined)
        .map(([job, { permissions }]) => ({ job, permissions })),
    );
    expect(more).toEqual([
      { job: 'deploy', permissions: { contents: 'read', 'id-token': 'write' } },
      { job: 'release', permissions: { contents: 'write' } },
      { job: 'what-if', permissions: { contents: 'read', 'id-token': 'write' } },
    ]);
  });
});

describe('what-if.yml and deploy.yml', () => {
  const of = (name: string) => read(`.github/workflows/${name}.yml`);
  it('compile with the version that the repo checks with', () => {
    for (const name of ['what-if', 'deploy']) {
      expect(of(name).match(/az bicep install --version v(\S+)/)?.[1]).toBe(BICEP_VERSION);
    }
  });

  it('take the variables that the azd environment has', () => {
    for (const name of ['what-if', 'deploy']) {
      expect(of(name)).toContain('select(.key | startswith("BEACONWATCH_"))');
      expect(of(name)).toMatch(/AZURE_ENV_NAME: \$\{\{ inputs.environment \}\}\n\s+AZURE_LOCATION: /);
    }
  });

  it('pass outputs on under their own names, whatever case Azure gives them', () => {
    const filter = /jq -r '(to_entries\[\] \| "\\\(\.key \| ascii_upcase\)[^']*)'/.exec(of('deploy'))?.[1] ?? '';
    const outputs = JSON.stringify({ resourcE_GROUP: { type: 'String', value: 'rg-one' } });
    const { stdout, error } = spawnSync('jq', ['-r', filter], { input: outputs, encoding: 'utf8' });
    if (error === undefined) expect(stdout).toBe('RESOURCE_GROUP=rg-one\n');
    expect(filter).not.toBe('');
  });

  it('deploy the package of the release as it is, in order', () => {
    const runs = (parsed('.github/workflows/deploy.yml').jobs['deploy']?.steps ?? []).map(({ run = '' }) => run);
    const at = (text: string) => runs.findIndex((run) => run.includes(text));
    const order = ['sha256sum --check', 'deployment sub create', 'config-zip', 'event-subscription.sh'].map(at);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order[0]).toBeGreaterThanOrEqual(0);
    expect(runs[at('config-zip')]).toContain('--build-remote false');
  });
});

describe('releaseNotes(tag, version, changelog)', () => {
  const CHANGELOG =
    '# Changelog\n\n## [1.1.0] - Unreleased\n\nSoon.\n\n## [1.0.0] - 2026-11-23\n\nFirst.\n- one\n\n## [0.9.0] - 2026-01-01\n\nOld.\n';

  it('finds the section of this version in the changelog of this repository, once it has a date', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    const released = read('CHANGELOG.md').replace(/ - Unreleased$/m, ' - 2026-11-23');
    expect(releaseNotes(`v${version}`, version, released)).toContain('### Added');
  });

  it('is the section of that version', () => {
    expect(releaseNotes('v1.0.0', '1.0.0', CHANGELOG)).toBe('First.\n- one\n');
    expect(releaseNotes('v0.9.0', '0.9.0', CHANGELOG)).toBe('Old.\n');
  });

  it.each([
    ['v1.0.0', '1.0.1', 'package.json says 1.0.1'],
    ['v1.1.0', '1.1.0', 'no date'],
    ['v2.0.0', '2.0.0', 'no section'],
    ['v1.0', '1.0', 'no section'],
  ])('of %s with version %s fails: %s', (tag, version, why) => {
    expect(() => releaseNotes(tag, version, CHANGELOG)).toThrow(why);
  });
});
