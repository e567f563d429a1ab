import { createHash } from 'node:crypto';

/** A program that makes connections, the same on every device that has it. */
export interface Program {
  /** Null if Defender does not know the process. */
  readonly fileName: string | null;
  /** Folder and file name. */
  readonly path: string | null;
  readonly company: string | null;
  readonly product: string | null;
  readonly version: string | null;
  readonly parent: string;
  readonly runBy: 'system' | 'user';
  readonly commandLine: string | null;
  readonly size: number;
  readonly sha1: string;
  readonly md5: string;
}

export interface ProgramFacts {
  readonly folder?: string;
  readonly company?: string | null;
  /** By default Windows for programs of Microsoft, else the name of the company. */
  readonly product?: string;
  readonly version?: string | null;
  readonly parent?: string;
  readonly runBy?: Program['runBy'];
  /** Arguments of the command line. */
  readonly options?: string;
}

const WINDOWS = 'Microsoft® Windows® Operating System';

export function program(fileName: string | null, facts: ProgramFacts = {}): Program {
  const {
    folder = 'c:\\windows\\system32',
    company = 'Microsoft Corporation',
    version = '10.0.26100.1',
    parent = 'services.exe',
    runBy = 'system',
    options = '',
  } = facts;
  const { product = company === 'Microsoft Corporation' ? WINDOWS : company } = facts;
  const path = fileName === null ? null : `${folder}\\${fileName}`;
  const sha1 = createHash('sha1').update(`${path} ${version}`).digest('hex');
  return {
    fileName,
    path,
    company,
    product,
    version,
    parent,
    runBy,
    commandLine: fileName && `"${fileName}"${options && ' '}${options}`,
    size: 20_000 + (Number.parseInt(sha1.slice(0, 6), 16) % 4_000_000),
    sha1,
    md5: createHash('md5').update(sha1).digest('hex'),
  };
}

const BROWSER = { folder: 'c:\\program files\\browser', parent: 'explorer.exe', runBy: 'user' } as const;
const OFFICE = {
  folder: 'c:\\program files\\office',
  product: 'Microsoft Office',
  version: '16.0.18025',
  runBy: 'user',
} as const;

export const BROWSERS: readonly Program[] = [
  program('chrome.exe', {
    ...BROWSER,
    company: 'Google LLC',
    product: 'Google Chrome',
    version: '142.0.7444.60',
    options: '--type=utility',
  }),
  program('msedge.exe', { ...BROWSER, product: 'Microsoft Edge', version: '142.0.3595.53', options: '--type=utility' }),
  program('firefox.exe', { ...BROWSER, company: 'Mozilla Corporation', product: 'Firefox', version: '145.0' }),
];

/** Programs with a little Internet traffic in every hour. */
export const OFFICE_PROGRAMS: readonly Program[] = [
  program('outlook.exe', { ...OFFICE, parent: 'explorer.exe' }),
  program('ms-teams.exe', { ...OFFICE, parent: 'sihost.exe' }),
  program('onedrive.exe', { ...OFFICE, parent: 'explorer.exe', options: '/background' }),
];

/** Programs with occasional Internet traffic. */
export const OTHER_PROGRAMS: readonly Program[] = [
  program('svchost.exe', { options: '-k netsvcs -p' }),
  program('msmpeng.exe', { folder: 'c:\\programdata\\microsoft\\windows defender\\platform', version: '4.18.25100' }),
  program('sihclient.exe', { parent: 'svchost.exe' }),
  program('backgroundtaskhost.exe', { parent: 'svchost.exe', runBy: 'user' }),
  program('smartscreen.exe', { parent: 'svchost.exe', runBy: 'user' }),
  program('code.exe', {
    folder: 'c:\\tools\\editor',
    product: 'Visual Studio Code',
    version: '1.106.2',
    parent: 'explorer.exe',
    runBy: 'user',
  }),
];

/** Programs that connect to internal servers. */
export const INTERNAL_PROGRAMS: readonly Program[] = [
  program('lsass.exe', { parent: 'wininit.exe' }),
  program('ntoskrnl.exe', { parent: '' }),
  program('spoolsv.exe'),
];
