import { afterEach, expect, it, vi } from 'vitest';
import { setEnvironment } from '../../../../tools/local/environment.ts';

afterEach(() => vi.unstubAllEnvs());

it('setEnvironment(settings) deletes what names another account or sink, and keeps the choice of detectors', () => {
  vi.stubEnv('DETECTORS', 'kql-rule');
  vi.stubEnv('SOURCES', 'sysmon');
  vi.stubEnv('ExportStorage', 'somebody else');
  vi.stubEnv('EXPORT_CONTAINERS', 'theirs');
  vi.stubEnv('AzureWebJobsStorage', 'theirs');
  vi.stubEnv('SINKS', 'theirs');
  setEnvironment({
    connectionString: 'local',
    containers: ['a', 'b'],
    sinkUrl: 'http://127.0.0.1:1',
    chatUrl: 'http://127.0.0.1:1/chat',
    sinkSecret: 's',
  });
  const { DETECTORS, SOURCES, ExportStorage, EXPORT_CONTAINERS, AzureWebJobsStorage, SINKS } = process.env;
  expect({ DETECTORS, SOURCES, ExportStorage, EXPORT_CONTAINERS, AzureWebJobsStorage }).toEqual({
    ...{ DETECTORS: 'kql-rule', SOURCES: 'sysmon', EXPORT_CONTAINERS: 'a,b', AzureWebJobsStorage: 'local' },
    ExportStorage: undefined,
  });
  expect(SINKS).toContain('http://127.0.0.1:1');
});
