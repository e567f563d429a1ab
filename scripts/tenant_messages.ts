import { type Detection, notificationIdOf } from '../src/core/detections/detection.ts';
import { neighboursIn } from '../src/core/detections/neighbours.ts';
import { messageBody, SINKS } from './sink_examples.ts';
import { TENANT_NOW, tenantDetections } from './tenant_detections.ts';

/** The ten detections of the synthetic tenant, each of another kind: the process that has it, and the name of its pictures. */
export const TEN: readonly { readonly kind: string; readonly process: string }[] = [
  { kind: 'lolbin', process: 'rundll32.exe' },
  { kind: 'hostile-name', process: '<!channel> <https://update.example|patch>.exe' },
  { kind: 'dead-server', process: 'loader.exe' },
  { kind: 'working-hours', process: 'teams-helper.exe' },
  { kind: 'slow', process: 'winlogon-helper.exe' },
  { kind: 'several-addresses', process: 'edge-sync.exe' },
  { kind: 'session', process: 'setup-tmp.exe' },
  { kind: 'ipv6', process: 'iphelper.exe' },
  { kind: 'updater', process: 'acme-updater.exe' },
  { kind: 'browser', process: 'firefox.exe' },
];

/** The kinds of which there are pictures. */
export const DRAWN = ['lolbin', 'several-addresses', 'browser'] as const;

/** Ten detections of the synthetic tenant, in the order of `TEN`: of each process the one on the first device by name. */
export async function tenDetections(): Promise<readonly Detection[]> {
  const all = [...(await tenantDetections())].sort((a, b) => (a.DeviceName < b.DeviceName ? -1 : 1));
  const neighboursOf = neighboursIn(
    all.filter(({ state, suppressedBy }) => state !== 'resolved' && suppressedBy === ''),
  );
  return TEN.map(({ kind, process }) => {
    const found = all.find((each) => each.InitiatingProcessFileName === process && each.decision.isDecided);
    if (found === undefined) throw new Error(`no detection of ${process} for ${kind} in the synthetic tenant`);
    return { ...found, neighbours: neighboursOf(found) };
  });
}

/** What a sink of each format is sent of these detections, a message a line, by the name of a file. */
export function tenantMessages(detections: readonly Detection[]): Record<string, string> {
  const files = SINKS.map((sink) => {
    const bodies = detections.map((detection) => {
      const notification = { id: notificationIdOf(detection), detections: [detection], more: 0, digest: false };
      return `${messageBody(notification, sink, TENANT_NOW)}\n`;
    });
    return [`tenant-${sink.name}.jsonl`, bodies.join('')] as const;
  });
  return Object.fromEntries(files);
}
