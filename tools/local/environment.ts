import { SYSTEM_SETTINGS } from '../../src/config.ts';

export interface LocalSettings {
  readonly connectionString: string;
  readonly containers: readonly string[];
  readonly sinkUrl: string;
  /** Takes messages as Slack does. */
  readonly chatUrl: string;
  readonly sinkSecret: string;
}

/**
 * Sets the environment of this process, from which the functions read their settings, to the storage and sink of this
 * machine. All other settings of the system are deleted, so that no other account is touched. The settings of the rule,
 * SOURCES and DETECTORS stay.
 */
export function setEnvironment({ connectionString, containers, sinkUrl, chatUrl, sinkSecret }: LocalSettings): void {
  for (const name of Object.keys(process.env)) {
    if (name === 'DETECTORS') continue;
    if (/^(AzureWebJobsStorage|ExportStorage)/.test(name) || Object.hasOwn(SYSTEM_SETTINGS, name)) {
      delete process.env[name];
    }
  }
  Object.assign(process.env, {
    AzureWebJobsStorage: connectionString,
    EXPORT_CONTAINERS: containers.join(','),
    BLOB_TRIGGER: 'LogsAndContainerScan',
    SINKS: JSON.stringify([
      { name: 'local', format: 'json', minSeverity: 'low', url: sinkUrl, secret: { setting: 'SINK_LOCAL_SECRET' } },
      { name: 'chat', format: 'slack', url: chatUrl },
    ]),
    SINK_LOCAL_SECRET: sinkSecret,
  });
}
