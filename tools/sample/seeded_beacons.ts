import type { ProgramFacts } from './program.ts';
import type { Hours } from './span.ts';

/** One kind of traffic that is planted in every tenant, and what the rule makes of it with its default settings. */
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
  /** A fixed address; without one, a public address that nothing else talks to. */
  readonly remoteIP?: string | null;
  readonly ports?: readonly number[];
  readonly hours?: Hours;
  /** On a laptop, or on the device of the plant before; without it, on any that is always on. */
  readonly on?: 'laptop' | 'same-device';
  readonly outcome?: 'failed';
  readonly countless?: number;
  /** On so many devices; on one without it. */
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

const SEEN = 'steady, and over 45 connections an hour in at least 12 hours';
const IN_TURN = 'a beacon of 60 s to two addresses in turn: about 30 an hour each, and the rule asks for more than 45';
const TOO_SLOW = 'the rule asks for more than 45 connections an hour on average';

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
    why: 'two reports an hour, one for each port; their sum is over 45, each alone is not (grain report: missed)',
  },
  {
    ...beacon('teams-helper.exe', DROPPED, 60, 0.2),
    kind: 'beacon-working-hours',
    on: 'laptop',
    hours: { first: 9, length: 9, daily: true },
    why: 'on for nine hours of every 24: about 27 points are enough',
  },
  {
    ...beacon('loader.exe', DROPPED, 60, 0.2),
    kind: 'beacon-dead-server',
    outcome: 'failed',
    why: 'every connection failed; failed ones have aggregated reports too',
  },
  {
    ...beacon('dllhost.exe', SYSTEM_TOOL, 60, 0.1),
    kind: 'beacon-without-some-counts',
    countless: 0.2,
    why: 'a report without a count is no point of the series; the others are enough',
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
  why: `${SEEN}; the name is an attack on whatever shows it`,
}));

const NAMELESS: Recipe = {
  ...beacon('', DROPPED, 60, 0.2),
  kind: 'beacon-without-process',
  process: null,
  why: 'a process that is not known is a group of its own, with an empty name',
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
  missed('beacon-under-the-line', 'msbuild.exe', 90, `about 40 an hour: ${TOO_SLOW}`, { facts: SYSTEM_TOOL }),
  missed('beacon-slow', 'installutil.exe', 300, `about 12 an hour: ${TOO_SLOW}`, { facts: SYSTEM_TOOL }),
  missed('beacon-slow', 'winlogon-helper.exe', 900, `about 4 an hour: ${TOO_SLOW}`),
  missed('beacon-short', 'setup-tmp.exe', 30, 'seen in at most 10 hours: the rule asks for 12 uniform ones', {
    hours: { first: 40, length: 10, daily: false },
  }),
  missed('beacon-two-addresses', 'syncsvc.exe', 120, IN_TURN),
  missed('beacon-two-addresses', 'syncsvc.exe', 120, IN_TURN, { on: 'same-device' }),
];

const EXCLUDED: readonly Recipe[] = (
  [
    ['backup-agent.exe', '10.20.0.60', 'private address: not looked at'],
    ['zabbix_agentd.exe', '172.16.8.20', 'private address: not looked at'],
    ['printer-status.exe', '192.168.4.11', 'private address: not looked at'],
    ['postgres.exe', '127.0.0.1', 'loopback: not looked at'],
    ['metadata-agent.exe', '169.254.169.254', 'link-local address: not looked at'],
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
