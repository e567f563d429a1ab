import * as z from 'zod';
import type { Technique } from './core/detections/detection.ts';
import { SOURCES, type Source } from './core/records/report.ts';
import { KQL_RULE, type Rule } from './core/scoring/rule.ts';
import type { Links } from './notify/sinks/links.ts';
import { readLinks, readSinks } from './notify/sinks/read.ts';
import type { SinkSettings } from './notify/sinks/settings.ts';
import {
  type Env,
  number,
  numberText,
  oneOf,
  parseSettings,
  quoted,
  SettingsError,
  setOnly,
} from './settings/read_settings.ts';
import { readStorage, type Service } from './settings/storage_setting.ts';
import type { StorageConnection } from './storage/azure/clients.ts';

/** The settings of the rule, as environment variables name them. */
export const RULE_SETTINGS = {
  LOOKBACK_DAYS: number(KQL_RULE.lookbackDays, { above: 0, most: 30 }),
  MIN_UNIFORM_PER_DAY: number(KQL_RULE.minUniformPerDay, { least: 0 }),
  MIN_AVERAGE: number(KQL_RULE.minAverage, { least: 0 }),
  ANOMALY_THRESHOLD: number(KQL_RULE.anomalyThreshold, { least: 0 }),
  SERIES_GRAIN: oneOf(['hour', 'report']).default(KQL_RULE.grain),
};

/** The settings of an offline run: the rule, and what it is run over. */
export const SCORE_SETTINGS = {
  ...RULE_SETTINGS,
  SOURCES: z.string().default('defender').transform(sources),
};

/** Where Defender's Streaming API puts the table. */
export const DEFAULT_CONTAINER = 'insights-logs-advancedhunting-devicenetworkevents';

/** Where the telemetry of a source is by its most usual way: the Streaming API, or a data export rule for what the agent collects. */
const CONTAINERS: Readonly<Record<Source, string>> = {
  defender: DEFAULT_CONTAINER,
  'defender-raw': DEFAULT_CONTAINER,
  sysmon: 'am-event',
  wfp: 'am-securityevent',
};

export function containersOf(sources: readonly Source[]): readonly string[] {
  return [...new Set(sources.map((source) => CONTAINERS[source]))];
}

/** The settings of the system beside those, and beside the storage connections and SINKS. */
export const SYSTEM_SETTINGS = {
  /** By default those of SOURCES. */
  EXPORT_CONTAINERS: z.string().transform(containers).optional(),
  /** By default a day more than the window. */
  RETENTION_DAYS: numberText({ above: 0, most: 60 }).optional(),
  HISTORY_DAYS: number(90, { least: 1, most: 3650 }),
  /** `T1071.001` or `T1071.001 Web Protocols`; the rule claims none. */
  MITRE_TECHNIQUE: z.string().transform(techniqueOf).optional(),
  /** More new detections than this are one message in a chat. */
  DIGEST_ABOVE: number(5, { least: 1, most: 1000 }),
  BLOB_TRIGGER: oneOf(['EventGrid', 'LogsAndContainerScan', 'off']).default('off'),
};

const VALUE_SETTINGS = { ...SCORE_SETTINGS, ...SYSTEM_SETTINGS };

/** The storage connections: each one setting, or several that begin with its name and two underscores. */
export const CONNECTION_NAMES = ['AzureWebJobsStorage', 'ExportStorage'] as const;

/** The names of all settings, for who documents or deploys them; those that SINKS refers to have names of their own. */
export const SETTING_NAMES: readonly string[] = [...CONNECTION_NAMES, ...Object.keys(VALUE_SETTINGS), 'SINKS', 'LINKS'];

export interface Config {
  readonly rule: Rule;
  /** The telemetry that is read; each once. */
  readonly sources: readonly Source[];
  readonly storage: StorageConnection;
  readonly exportStorage: StorageConnection;
  readonly containers: readonly string[];
  readonly retentionDays: number;
  readonly historyDays: number;
  /** Named in every detection beside the tactic; null for none, as in the rule. */
  readonly technique: Technique | null;
  /** How the platform tells of new exports; `off`: the sweep alone finds them. */
  readonly blobTrigger: 'EventGrid' | 'LogsAndContainerScan' | 'off';
  readonly sinks: readonly SinkSettings[];
  /** What is wrong with sinks that were left out; none where nothing is, or where that is refused. */
  readonly sinkFaults: readonly string[];
  readonly digestAbove: number;
  /** Links that messages offer. */
  readonly links: Links;
}

/** Reads what an offline run needs. Throws a SettingsError. */
export function readScoreSettings(env: Env): Pick<Config, 'rule' | 'sources'> {
  const settings = parseSettings(z.object(SCORE_SETTINGS), env);
  return { rule: ruleOf(settings), sources: settings.SOURCES };
}

/**
 * Reads all settings, once, at the start. Throws a SettingsError that names every fault. Sinks that are wrong can be left
 * out: a secret is in a vault, and nobody shall stop counting because a chat cannot be told.
 */
export function readConfig(env: Env, wrongSinks: 'refused' | 'left out' = 'refused'): Config {
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
  // The host's blob trigger keeps its queue beside the exports.
  const ofExports: readonly Service[] = (settings?.BLOB_TRIGGER ?? 'off') === 'off' ? ['blob'] : ['blob', 'queue'];
  const exportStorage = attempt(() => readStorage('ExportStorage', ofExports, set, storage ?? UNREAD_STORAGE));
  const { sinks, faults: sinkFaults } = readSinks(set);
  const links = attempt(() => readLinks(set));
  const retentionDays = settings && (settings.RETENTION_DAYS ?? settings.LOOKBACK_DAYS + 1);
  if (settings && retentionDays !== undefined && retentionDays < settings.LOOKBACK_DAYS) {
    faults.push(`RETENTION_DAYS must be at least LOOKBACK_DAYS (${settings.LOOKBACK_DAYS}), got ${retentionDays}`);
  }
  // The cuts of an export may not be forgotten while it is still swept: it would be read again and again.
  if (settings && retentionDays !== undefined && settings.HISTORY_DAYS < retentionDays) {
    faults.push(`HISTORY_DAYS must be at least RETENTION_DAYS (${retentionDays}), got ${settings.HISTORY_DAYS}`);
  }
  const isRefused = faults.length > 0 || (wrongSinks === 'refused' && sinkFaults.length > 0);
  if (isRefused || !settings || !storage || !exportStorage || !links || retentionDays === undefined) {
    throw new SettingsError([...faults, ...sinkFaults]);
  }
  return {
    rule: ruleOf(settings),
    sources: settings.SOURCES,
    storage,
    exportStorage,
    containers: settings.EXPORT_CONTAINERS ?? containersOf(settings.SOURCES),
    retentionDays,
    historyDays: settings.HISTORY_DAYS,
    technique: settings.MITRE_TECHNIQUE ?? null,
    blobTrigger: settings.BLOB_TRIGGER,
    sinks,
    sinkFaults,
    digestAbove: settings.DIGEST_ABOVE,
    links,
  };
}

/** Stands in where the storage setting itself is at fault, which is said once. */
const UNREAD_STORAGE: StorageConnection = { kind: 'connectionString', value: '' };

type RuleSettings = { [K in keyof typeof RULE_SETTINGS]: z.infer<(typeof RULE_SETTINGS)[K]> };

function ruleOf(settings: RuleSettings): Rule {
  return {
    lookbackDays: settings.LOOKBACK_DAYS,
    minUniformPerDay: settings.MIN_UNIFORM_PER_DAY,
    minAverage: settings.MIN_AVERAGE,
    anomalyThreshold: settings.ANOMALY_THRESHOLD,
    grain: settings.SERIES_GRAIN,
  };
}

/** Names of sources, with commas between. */
function sources(text: string, context: z.RefinementCtx): Source[] {
  const names = listOf(text);
  const known = names.filter((name): name is Source => SOURCES.some((source) => source === name));
  for (const name of names) {
    if (known.some((source) => source === name)) continue;
    const message = `must be of ${SOURCES.join(', ')}, with commas between, got ${quoted(name)}`;
    context.addIssue({ code: 'custom', message });
  }
  if (names.length === 0) context.addIssue({ code: 'custom', message: 'must name at least one source' });
  return known;
}

/** Names of containers, with commas between; each as Azure allows it. */
function containers(text: string, context: z.RefinementCtx): string[] {
  const names = listOf(text);
  for (const name of names) {
    if (/^(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name)) continue;
    context.addIssue({
      code: 'custom',
      message: `must be names of containers with commas between, got ${quoted(name)}`,
    });
  }
  if (names.length === 0) context.addIssue({ code: 'custom', message: 'must name at least one container' });
  return names;
}

/** What stands between the commas, each once. */
function listOf(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  return [...new Set(parts.filter((part) => part !== ''))];
}

/** A technique of ATT&CK by its id, and its name where one is given. */
function techniqueOf(text: string, context: z.RefinementCtx): Technique {
  const [, id, name = ''] = /^(T\d{4}(?:\.\d{3})?)(?:[ :]+(\S.{0,99}))?$/.exec(text.trim()) ?? [];
  if (id !== undefined) return { id, name };
  const message = `must be a technique such as T1071.001 or "T1071.001 Web Protocols", got ${quoted(text)}`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}
