import type { ProgramFacts } from './program.ts';
import type { Hours } from './span.ts';

/** A kind of seeded traffic, with the expected result of the rule at its default settings. */
export interface Recipe {
  readonly kind: string;
  /** File name of the process. */
  readonly process: string | null;
  readonly facts: ProgramFacts;
  readonly intervalSeconds: number;
  /** Share of the interval by which a sleep may be shorter or longer. */
  readonly jitter: number;
  readonly expected: 'found' | 'missed';
  readonly why: string;
  /** A fixed address; by default, a public address that nothing else uses. */
  readonly remoteIP?: string | null;
  readonly ports?: readonly number[];
  readonly hours?: Hours;
  /** On a laptop, or on the device of the recipe before; by default, on any device that is always on. */
  readonly on?: 'laptop' | 'same-device';
  readonly outcome?: 'failed';
  readonly countless?: number;
  /** Number of devices; 1 by default. */
  readonly devices?: number;
}

const DROPPED: ProgramFacts = {
  folder: 'c:\\users\\public\\libraries',
  company: null,
  version: null,
  parent: 'explorer.exe',
  runBy: 'user',
};
const SYSTEM_TOOL: ProgramFacts = { parent: 'powershell.exe', runBy: 'user', options: 'c:\\users\\public\\init.dat' };
const INSTALLED: ProgramFacts = { folder: 'c:\\program files\\acme', company: 'Acme', version: '4.2.0' };

const SEEN = 'steady, and above 45 connections per hour in at least 12 hours';
const IN_TURN =
  'a beacon of 60 s that alternates between two addresses: about 30 per hour each, below the threshold of 45';
const TOO_SLOW = 'below the threshold of 45 connections per hour on average';

function beacon(process: string, facts: ProgramFacts, intervalSeconds: number, jitter: number): Recipe {
  return { kind: 'beacon', process, facts, intervalSeconds, jitter, expected: 'found', why: SEEN };
}

const BEACONS: readonly Recipe[] = [
  beacon('rundll32.exe', SYSTEM_TOOL, 60, 0),
  beacon('svchosts.exe', DROPPED, 60, 0.2),
  beacon('regsvr32.exe', SYSTEM_TOOL, 60, 0.5),
  beacon('onedrive-sync.exe', DROPPED, 30, 0.1),
  beacon('mshta.exe', SYSTEM_TOOL, 30, 0.3),
  beacon('python.exe', DROPPED, 30, 0.5),
  {
    ...beacon('wscript.exe', SYSTEM_TOOL, 60, 0.1),
    kind: 'beacon-two-ports',
    ports: [443, 8443],
    why: 'two reports per hour, one per port; their sum is above 45, each alone is not (grain report: missed)',
  },
  {
    ...beacon('teams-helper.exe', DROPPED, 60, 0.2),
    kind: 'beacon-working-hours',
    on: 'laptop',
    hours: { first: 9, length: 9, daily: true },
    why: 'on for nine hours of every 24: about 27 points (minimum 12)',
  },
  {
    ...beacon('loader.exe', DROPPED, 60, 0.2),
    kind: 'beacon-dead-server',
    outcome: 'failed',
    why: 'every connection fails; failed connections have aggregated reports too',
  },
  {
    ...beacon('dllhost.exe', SYSTEM_TOOL, 60, 0.1),
    kind: 'beacon-without-some-counts',
    countless: 0.2,
    why: 'a report without a count is no point of the series; the other points are above the minimum',
  },
];

const HOSTILE: readonly Recipe[] = [
  '\u001b[2J\u001b[31mupdate\u001b[0m.exe',
  "=cmd|' /c calc'!a0.exe",
  '<!channel> <https://update.example|patch>.exe',
  'invoice-\u202efdp.exe',
].map((process) => ({
  ...beacon(process, DROPPED, 60, 0.15),
  kind: 'beacon-hostile-name',
  why: `${SEEN}; the name attacks the program that displays it`,
}));

const NAMELESS: Recipe = {
  ...beacon('', DROPPED, 60, 0.2),
  kind: 'beacon-without-process',
  process: null,
  why: 'an unknown process is a group of its own, with an empty name',
};

function missed(
  kind: string,
  process: string,
  intervalSeconds: number,
  why: string,
  more: Partial<Recipe> = {},
): Recipe {
  return { kind, process, facts: DROPPED, intervalSeconds, jitter: 0.1, expected: 'missed', why, ...more };
}

const MISSED: readonly Recipe[] = [
  missed('beacon-below-threshold', 'msbuild.exe', 90, `about 40 per hour: ${TOO_SLOW}`, { facts: SYSTEM_TOOL }),
  missed('beacon-slow', 'installutil.exe', 300, `about 12 per hour: ${TOO_SLOW}`, { facts: SYSTEM_TOOL }),
  missed('beacon-slow', 'winlogon-helper.exe', 900, `about 4 per hour: ${TOO_SLOW}`),
  missed('beacon-short', 'setup-tmp.exe', 30, 'at most 10 hours with reports (minimum 12 inliers)', {
    hours: { first: 40, length: 10, daily: false },
  }),
  missed('beacon-two-addresses', 'syncsvc.exe', 120, IN_TURN),
  missed('beacon-two-addresses', 'syncsvc.exe', 120, IN_TURN, { on: 'same-device' }),
];

const EXCLUDED: readonly Recipe[] = (
  [
    ['backup-agent.exe', '10.20.0.60', 'private address: out of scope'],
    ['zabbix_agentd.exe', '172.16.8.20', 'private address: out of scope'],
    ['printer-status.exe', '192.168.4.11', 'private address: out of scope'],
    ['postgres.exe', '127.0.0.1', 'loopback: out of scope'],
    ['metadata-agent.exe', '169.254.169.254', 'link-local address: out of scope'],
    ['iphelper.exe', '2001:db8:4c:1::77', 'no IPv4 address: ipv4_is_private() gives null'],
    ['dot3svc.exe', 'fe80::9c1d:22ff:fe41:7', 'no IPv4 address: ipv4_is_private() gives null'],
    ['netprobe.exe', '', 'no address'],
    ['netscan.exe', '-', 'no address'],
    ['netwatch.exe', null, 'no address'],
  ] as const
).map(([process, remoteIP, why]) => missed('remote-not-public', process, 40, why, { facts: INSTALLED, remoteIP }));

const BENIGN: readonly Recipe[] = [
  {
    ...beacon('acme-updater.exe', { ...INSTALLED, options: '--quiet' }, 60, 0.05),
    kind: 'updater',
    remoteIP: '198.51.100.20',
    devices: 6,
    why: 'benign, and as steady as a beacon: a false positive of the rule, the same on several devices',
  },
  {
    ...beacon('acme-telemetry.exe', { ...INSTALLED, version: '1.9.3' }, 40, 0.1),
    kind: 'telemetry',
    remoteIP: '198.51.100.21',
    devices: 4,
    why: 'benign, and as steady as a beacon: a false positive of the rule, the same on several devices',
  },
];

export const RECIPES: readonly Recipe[] = [...BEACONS, ...HOSTILE, NAMELESS, ...MISSED, ...EXCLUDED, ...BENIGN];
