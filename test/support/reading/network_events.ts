/**
 * Seven fictional rows of DeviceNetworkEvents, and what they count, by hand. The writers of the tests put them into every
 * form in which people export a table.
 */
export interface NetworkEvent {
  readonly Timestamp: string;
  readonly DeviceId: string;
  readonly DeviceName: string;
  readonly ActionType: string;
  readonly RemoteIP: string;
  readonly RemotePort: number;
  readonly InitiatingProcessFileName: string;
  readonly InitiatingProcessFolderPath: string;
  readonly ReportId: number;
  readonly AdditionalFields: string;
}

const AGGREGATED = 'ConnectionSuccessAggregatedReport';
const [SYNC, AT] = ['sync, agent.exe', '198.51.100.23'];

export const NETWORK_EVENTS: readonly NetworkEvent[] = [
  event(1, '2026-11-18T05:10:00.1234567Z', 'lap-07.fabrikam.example', SYNC, AT, 50),
  event(2, '2026-11-18T05:50:59.9999999Z', 'lap-07.fabrikam.example', SYNC, AT, 20),
  event(3, '2026-11-18T06:15:00Z', 'lap-07.fabrikam.example', SYNC, AT, 60),
  event(4, '2026-11-18T06:20:00Z', 'lap-08.fabrikam.example', SYNC, AT, 10),
  { ...event(5, '2026-11-18T06:30:00Z', 'lap-08.fabrikam.example', SYNC, AT, 0), ActionType: 'ConnectionSuccess' },
  event(6, '2026-11-18T07:00:00Z', 'lap-07.fabrikam.example', SYNC, '10.1.1.1', 99),
  event(7, '2026-11-18T07:05:00Z', 'lap-07.fabrikam.example', '', AT, 5),
];

/** Rows 1 and 2 are of one hour; row 5 is no report, row 6 is out of scope, row 7 has an empty process. */
export const COUNTS = {
  hours: [
    `lap-07.fabrikam.example  ${AT} 07h 5`,
    `lap-07.fabrikam.example ${SYNC} ${AT} 05h 70`,
    `lap-07.fabrikam.example ${SYNC} ${AT} 06h 60`,
    `lap-08.fabrikam.example ${SYNC} ${AT} 06h 10`,
  ],
  reports: 5,
  excluded: 1,
};

function event(n: number, Timestamp: string, DeviceName: string, process: string, RemoteIP: string, count: number) {
  return {
    Timestamp,
    DeviceId: 'a'.repeat(40),
    DeviceName,
    ActionType: AGGREGATED,
    RemoteIP,
    RemotePort: 8443,
    InitiatingProcessFileName: process,
    InitiatingProcessFolderPath: 'c:\\tools\\"sync"',
    ReportId: n,
    AdditionalFields: `{"uniqueEventsAggregated":${count}}`,
  };
}
