import type { Layout, Use, UseOf } from './line_layout.ts';

/** The values of an event's data that a connection is read from. */
const DATA = [
  ...(['UtcTime', 'Image', 'Protocol', 'Initiated', 'SourcePort', 'DestinationIp', 'DestinationPort'] as const),
  'DestinationHostname',
] as const;
/** Those that are facts which `score` does not need. */
const FACTS = ['User', 'ProcessId', 'SourceIp'] as const;

/** How a product names the members of an event. Members that are not named are refused at the top: they may change what the record is. */
interface Product {
  readonly time: string;
  readonly provider: string;
  readonly eventId: string;
  readonly computer: string;
  readonly data: string;
  readonly uses: Readonly<Record<string, Use>>;
}

/** Pipelines move data into `source`, `destination`, `process`, `network` and `user`. */
const BEAT: Product = {
  time: '@timestamp',
  provider: 'winlog.provider_name',
  eventId: 'winlog.event_id',
  computer: 'winlog.computer_name',
  data: 'winlog.event_data',
  uses: {
    winlog: 'members',
    'winlog.event_data': 'members',
    ...any('@metadata', 'agent', 'cloud', 'ecs', 'event', 'fields', 'host', 'input', 'labels'),
    ...any('log', 'message', 'tags'),
  },
};

/** The table `Event`, without `TimeCreated` and `Provider`, which would come before `TimeGenerated` and `Source`. */
const TABLE: Product = {
  time: 'TimeGenerated',
  provider: 'Source',
  eventId: 'EventID',
  computer: 'Computer',
  data: 'EventData',
  uses: {
    Type: 'fixed',
    EventData: 'xml',
    ...any('AzureDeploymentID', 'EventCategory', 'EventLevel', 'EventLevelName', 'EventLog', 'ManagementGroupName'),
    ...any('Message', 'MG', 'ParameterXml', 'RenderedDescription', 'Role', 'SourceSystem', 'TenantId', 'UserName'),
    ...any('_BilledSize', '_IsBillable', '_ResourceId', '_SubscriptionId'),
  },
};

function any(...names: readonly string[]): Record<string, Use> {
  return Object.fromEntries(names.map((name) => [name, 'any']));
}

/** The uses of members in the lines of each product. `isBrief`: without the facts that no row of `score` has. */
export function productUses(isBrief: boolean): readonly UseOf[] {
  return [usesOf(BEAT, isBrief), usesOf(TABLE, isBrief)];
}

/** Whether values of an event's data are text in XML. */
export function isXml({ fixed }: Layout): boolean {
  return fixed.has(TABLE.provider);
}

function usesOf(product: Product, isBrief: boolean): UseOf {
  const { time, provider, eventId, computer, data } = product;
  const captured = [...DATA, ...(isBrief ? [] : FACTS)].map((name) => `${data}.${name}`);
  const uses = new Map<string, Use>([
    ...Object.entries(product.uses),
    ...[provider, eventId].map((path): [string, Use] => [path, 'fixed']),
    ...[time, computer, ...captured].map((path): [string, Use] => [path, 'captured']),
  ]);
  return (path) => uses.get(path) ?? (path.includes('.') ? 'any' : 'refused');
}

/** Whether lines of the layout are events of Sysmon. */
export function isOfSysmon({ fixed }: Layout): boolean {
  const provider = fixed.get(BEAT.provider) ?? fixed.get(TABLE.provider);
  const id = eventNumberOf(fixed);
  const type = fixed.get('Type');
  return provider === '"Microsoft-Windows-Sysmon"' && id !== '' && (type === undefined || type === '"Event"');
}

/** The number of the event, from 1 to 65535; '' where it is none. */
export function eventNumberOf(fixed: ReadonlyMap<string, string>): string {
  const value = fixed.get(BEAT.eventId) ?? fixed.get(TABLE.eventId) ?? '';
  return /^("?)([1-9]\d{0,4})\1$/.exec(value)?.[2] ?? '';
}

/** The group of each value in a pattern; 0 for one that the event does not have. */
export type Groups = Readonly<Record<'time' | 'computer' | (typeof DATA)[number] | (typeof FACTS)[number], number>>;

export function groupsOf(captured: readonly string[]): Groups {
  const product = captured.some((path) => path === BEAT.time || path.startsWith(BEAT.data)) ? BEAT : TABLE;
  const groupOf = (path: string) => captured.indexOf(path) + 1;
  return {
    time: groupOf(product.time),
    computer: groupOf(product.computer),
    ...(Object.fromEntries([...DATA, ...FACTS].map((name) => [name, groupOf(`${product.data}.${name}`)])) as Record<
      (typeof DATA)[number] | (typeof FACTS)[number],
      number
    >),
  };
}
