import { dataIn } from './data_forms.ts';
import type { JsonRow } from './row.ts';
import { type EventNames, eventIdOf, type WindowsEvent, zonedOf } from './windows_event.ts';

/**
 * Events with the provider in `ProviderName`:
 *
 * - Fluent Bit's winevtlog: `EventID`, `Computer`, `TimeCreated` with an offset. `EventData` is a map if an option such as
 *   `event_data_as_map` is set; else the values are in `StringInserts` and in the `Message`.
 * - Fluentd's windows_eventlog2: the values in `EventData`, the message in `Description`.
 * - PowerShell's `Get-WinEvent` through ConvertTo-Json or Export-Csv (`Id`, `MachineName`, the values in `Properties`;
 *   in a CSV only the `Message` has them). Export-Csv writes `TimeCreated` in the local time of the computer.
 */
export function providerNameEventOf(record: JsonRow): WindowsEvent | null {
  const provider = record['ProviderName'];
  const id = record['EventID'] ?? record['EventId'] ?? record['Id'];
  if (typeof provider !== 'string' || id === undefined) return null;
  const eventId = eventIdOf(id);
  const isPowershell = record['Computer'] === undefined;
  return {
    provider,
    eventId,
    computer: record['Computer'] ?? record['MachineName'],
    ...zonedOf(record['TimeCreated']),
    received: null,
    names: isPowershell ? POWERSHELL : FLUENT,
    data: () =>
      dataIn(
        eventId,
        record['EventData'],
        record['StringInserts'],
        record['Properties'],
        record['Message'],
        record['Description'],
      ),
  };
}

const FLUENT: EventNames = { computer: 'Computer', time: 'TimeCreated', data: 'EventData' };
const POWERSHELL: EventNames = { computer: 'MachineName', time: 'TimeCreated', data: 'Properties' };
