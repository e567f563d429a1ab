import { counted } from '../../core/text/numbers.ts';
import type { CommonService, OfflineDetections } from '../../scoring/offline_detection.ts';
import type { OutputFormat } from './format.ts';
import { csvLines, jsonLines } from './lines.ts';
import { secondsText } from './number_text.ts';
import { plainRows, textTable } from './text_table.ts';
import type { TableView } from './view.ts';

const COLUMNS = [
  'InitiatingProcessFileName',
  'network',
  'devices',
  'addressDevices',
  'groups',
  'addresses',
  'interval',
  'hosts',
] as const satisfies readonly (keyof CommonService)[];

/** What is regular on many devices: as text that ends with a newline, or '' for JSON without any. */
export function commonText({ common, fleet }: OfflineDetections, format: OutputFormat, view: TableView): string {
  if (format === 'json') return jsonLines(common);
  if (format === 'csv') return csvLines(COLUMNS, common);
  if (common.length === 0) return `Nothing is regular on more than ${counted(fleet.many, 'device')}.\n`;
  return textTable(
    [
      { head: 'process' },
      { head: 'network' },
      { head: 'devices', right: true },
      { head: 'of one address', right: true },
      { head: 'groups', right: true },
      { head: 'addresses', right: true },
      { head: 'every', right: true },
      { head: 'hosts', widest: 60 },
    ],
    plainRows(
      common.map(
        ({ InitiatingProcessFileName, network, devices, addressDevices, groups, addresses, interval, hosts }) => [
          ...[InitiatingProcessFileName, network, devices, addressDevices, groups, addresses],
          ...[secondsText(interval), hosts.join(' ')],
        ],
      ),
    ),
    view,
  );
}
