import * as z from 'zod';
import { DETECTORS, type Detector } from './core/detections/assessments.ts';
import type { Technique } from './core/detections/detection.ts';
import type { Source } from './core/records/report.ts';
import { REGULARITY_DAYS } from './core/regularity/time_bin.ts';
import type { Rule } from './core/scoring/rule.ts';
import { GROUPS_PER_DEVICE } from './ingest/device_groups.ts';
import type { Links } from './notify/sinks/links.ts';
import { readLinks, readSinks } from './notify/sinks/read.ts';
import type { SinkSettings } from './notify/sinks/settings.ts';
import { fleetSettingsOf, listOf, namesOf, ripeFaults, ruleOf, SCORE_SETTINGS } from './score_config.ts';
import { DETECTION_SETTINGS, type DetectionSettings } from './scoring/detection_settings.ts';
import { type Env, number, numberText, oneOf, parseSettings, quoted, setOnly } from './settings/read_settings.ts';
import { SettingsError } from './settings/settings_error.ts';
import { readStorage, type Service } from './settings/storage_setting.ts';
import type { StorageConnection } from './storage/azure/clients.ts';

/** The container into which Defender's Streaming API writes the table. */
export const DEFAULT_CONTAINER = 'insights-logs-advancedhunting-devicenetworkevents';

/** The container of each source on its usual way: the Streaming API, or a data export rule for data of the agent. */
const CONTAINERS: Readonly<Record<Source, string>> = {
  defender: DEFAULT_CONTAINER,
  'defender-raw': DEFAULT_CONTAINER,
  sysmon: 'am-event',
  wfp: 'am-securityevent',
  // No Azure product writes this container; the operator of the log shipper names it.
  zeek: 'zeek-conn',
};

export function containersOf(sources: readonly Source[]): readonly string[] {
  return [...new Set(sources.map((source) => CONTAINERS[source]))];
}

/** The other settings of the system, without the storage connections, SINKS and LINKS. */
export const SYSTEM_SETTINGS = {
  /** By default the containers of SOURCES. */
  EXPORT_CONTAINERS: z.string().transform(containers).optional(),
  /** By default one day more than the windows of both detectors. */
  RETENTION_DAYS: numberText({ above: 0, most: 60 }).optional(),
  /** By default 30, or RETENTION_DAYS where that is more. */
  COUNT_FILE_DAYS: numberText({ above: 0, most: 3650 }).optional(),
  HISTORY_DAYS: number(90, { least: 1, most: 3650 }),
  GROUPS_PER_DEVICE: number(GROUPS_PER_DEVICE, { least: 1, most: 1_000_000, whole: true }),
  /** `T1071.001` or `T1071.001 Web Protocols`; by default none, as in the rule. */
  MITRE_TECHNIQUE: z.string().transform(techniqueOf).optional(),
  /** More new detections than this go into one message of a chat. */
  /** The detectors that open detections. */
  DETECTORS: z.string().default(DETECTORS.join(',')).transform(detectors),
  BASELINE_HOURS: number(DETECTION_SETTINGS.baselineHours, { least: 0, most: 48, whole: true }),
  DIGEST_ABOVE: number(5, { least: 1, most: 1000, whole: true }),
  /** Who may call the HTTP functions; `platform`: whoever the platform's sign-in names, and people too. */
  SIGN_IN: oneOf(['off', 'platform']).default('off'),
  BLOB_TRIGGER: oneOf(['EventGrid', 'LogsAndContainerScan', 'off']).default('off'),
};

const VALUE_SETTINGS = { ...SCORE_SETTINGS, ...SYSTEM_SETTINGS };

/** The storage connections: one setting each, or several that begin with its name and two underscores. */
export const CONNECTION_NAMES = ['AzureWebJobsStorage', 'ExportStorage'] as const;

/** The names of all settings, for the documentation and the deployment. SINKS can refer to further ones. */
export const SETTING_NAMES: readonly string[] = [...CONNECTION_NAMES, ...Object.keys(VALUE_SETTINGS), 'SINKS', 'LINKS'];

export interface Config {
  readonly rule: Rule;
  /** The active sources, each once. */
  readonly sources: readonly Source[];
  readonly storage: StorageConnection;
  readonly exportStorage: StorageConnection;
  readonly containers: readonly string[];
  readonly retentionDays: number;
  /** How long the counts of a day are kept in files: for windows that ended long ago. */
  readonly countFileDays: number;
  readonly historyDays: number;
  readonly detection: DetectionSettings;
  /** Groups of one device that are counted in one segment. */
  readonly groupsPerDevice: number;
  /** The technique of every detection, beside the tactic; null for none, as in the rule. */
  readonly technique: Technique | null;
  /** How the platform signals new exports; `off`: only the sweep finds them. */
  readonly blobTrigger: 'EventGrid' | 'LogsAndContainerScan' | 'off';
  /** `missing`: it is set, and the platform does not say that its sign-in is on: nobody is to be believed. */
  readonly signIn: 'off' | 'on' | 'missing';
  readonly sinks: readonly SinkSettings[];
  /** Faults of the sinks that were skipped. */
  readonly sinkFaults: readonly string[];
  readonly digestAbove: number;
  /** Links of messages. */
  readonly links: Links;
}

/**
 * Reads all settings, once, at startup. Throws a SettingsError that names every fault. `skip` skips invalid sinks: a secret
 * in a vault can be missing, and that must not stop the counting.
 */
export function readConfig(env: Env, invalidSinks: 'refuse' | 'skip' = 'refuse'): Config {
  const set = setOnly(env);
  const faults: string[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      faults.push(...error.faults);
      return undefined;
    }
  };
  const settings = attempt(() => parseSettings(z.object(VALUE_SETTINGS), set));
  const storage = attempt(() => readStorage('AzureWebJobsStorage', ['blob', 'queue', 'table'], set));
  // The blob trigger of the host keeps its queue in the account of the exports.
  const ofExports: readonly Service[] = (settings?.BLOB_TRIGGER ?? 'off') === 'off' ? ['blob'] : ['blob', 'queue'];
  const exportStorage = attempt(() => readStorage('ExportStorage', ofExports, set, storage ?? UNREAD_STORAGE));
  const { sinks, faults: sinkFaults } = readSinks(set);
  const links = attempt(() => readLinks(set));
  const retentionDays = settings && (settings.RETENTION_DAYS ?? Math.max(settings.LOOKBACK_DAYS, REGULARITY_DAYS) + 1);
  if (settings && retentionDays !== undefined && retentionDays < settings.LOOKBACK_DAYS) {
    faults.push(`RETENTION_DAYS must be at least LOOKBACK_DAYS (${settings.LOOKBACK_DAYS}), got ${retentionDays}`);
  }
  // The state of an export must last as long as the sweep considers it: otherwise it would be read again and again.
  if (settings && retentionDays !== undefined && settings.HISTORY_DAYS < retentionDays) {
    faults.push(`HISTORY_DAYS must be at least RETENTION_DAYS (${retentionDays}), got ${settings.HISTORY_DAYS}`);
  }
  const countFileDays = settings?.COUNT_FILE_DAYS ?? Math.max(DEFAULT_COUNT_FILE_DAYS, retentionDays ?? 0);
  if (retentionDays !== undefined && countFileDays < retentionDays) {
    faults.push(`COUNT_FILE_DAYS must be at least RETENTION_DAYS (${retentionDays}), got ${countFileDays}`);
  }
  if (settings) faults.push(...ripeFaults(settings));
  const isRefused = faults.length > 0 || (invalidSinks === 'refuse' && sinkFaults.length > 0);
  if (isRefused || !settings || !storage || !exportStorage || !links || retentionDays === undefined) {
    throw new SettingsError([...faults, ...sinkFaults]);
  }
  const signIn = signInOf(settings.SIGN_IN, set);
  return {
    rule: ruleOf(settings),
    sources: settings.SOURCES,
    storage,
    exportStorage,
    containers: settings.EXPORT_CONTAINERS ?? containersOf(settings.SOURCES),
    retentionDays,
    countFileDays,
    historyDays: settings.HISTORY_DAYS,
    detection: detectionOf(settings),
    groupsPerDevice: settings.GROUPS_PER_DEVICE,
    technique: settings.MITRE_TECHNIQUE ?? null,
    blobTrigger: settings.BLOB_TRIGGER,
    signIn,
    sinks,
    sinkFaults,
    digestAbove: settings.DIGEST_ABOVE,
    links: signIn === 'on' ? { ...pageLink(set), ...links } : links,
  };
}

/** Messages lead to the page of a detection, under the host name that the platform sets. One with a port is that of a local host. */
function pageLink({ WEBSITE_HOSTNAME: host = '' }: Record<string, string>): Links {
  return /^[a-z0-9.-]+$/i.test(host) ? { Open: `https://${host}/api/ui/detections/{id}` } : {};
}

/**
 * The platform sets WEBSITE_AUTH_ENABLED by itself. Between the deployment of the settings and that of the sign-in, and
 * where somebody switches it off, a caller could name himself.
 */
function signInOf(
  setting: 'off' | 'platform',
  { WEBSITE_AUTH_ENABLED = '' }: Record<string, string>,
): Config['signIn'] {
  if (setting === 'off') return 'off';
  return WEBSITE_AUTH_ENABLED.trim().toLowerCase() === 'true' ? 'on' : 'missing';
}

const DEFAULT_COUNT_FILE_DAYS = 30;

/** A placeholder where the storage setting itself is invalid, so that its fault is listed once. */
const UNREAD_STORAGE: StorageConnection = { kind: 'connectionString', value: '' };

type RegularitySettings = Parameters<typeof fleetSettingsOf>[0];
type RunSettings = z.infer<z.ZodObject<typeof SYSTEM_SETTINGS>> & RegularitySettings;

function detectionOf(settings: RunSettings): DetectionSettings {
  return {
    detectors: settings.DETECTORS,
    ...fleetSettingsOf(settings),
    baselineHours: settings.BASELINE_HOURS,
  };
}

/** A comma-separated list of detectors. */
function detectors(text: string, context: z.RefinementCtx): Detector[] {
  return namesOf(text, DETECTORS, 'detector', context);
}

/** A comma-separated list of container names, each valid on Azure. */
function containers(text: string, context: z.RefinementCtx): string[] {
  const names = listOf(text);
  for (const name of names) {
    if (/^(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name)) continue;
    context.addIssue({
      code: 'custom',
      message: `must be a comma-separated list of container names, got ${quoted(name)}`,
    });
  }
  if (names.length === 0) context.addIssue({ code: 'custom', message: 'must name at least one container' });
  return names;
}

/** A technique of ATT&CK: its id, and its name where the text has one. */
function techniqueOf(text: string, context: z.RefinementCtx): Technique {
  const [, id, name = ''] = /^(T\d{4}(?:\.\d{3})?)(?:[ :]+(\S.{0,99}))?$/.exec(text.trim()) ?? [];
  if (id !== undefined) return { id, name };
  const message = `must be a technique such as T1071.001 or "T1071.001 Web Protocols", got ${quoted(text)}`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}
