import { groupedText } from '../text/numbers.ts';
import { spanText } from '../text/span.ts';
import { ANY_REMOTE, type AssessmentSummaries } from './assessments.ts';
import { type Detection, FIRST_REVISION } from './detection.ts';

/** What a headline needs of a detection. */
type Headed = Pick<
  Detection,
  'groupId' | 'state' | 'revision' | 'episodes' | 'severity' | 'RemoteIP' | 'devices' | 'fleetDevices'
> & { readonly assessments: AssessmentSummaries };

/** The group id of test messages; no hash gives it. */
export const TEST_GROUP_ID = '0'.repeat(32);

/**
 * The title of a message, which a lock screen shows alone: `HIGH: new beacon, every 30 s, 1 of 200 devices`. It holds no
 * text of the telemetry.
 */
export function headlineOf(detection: Headed): string {
  if (detection.groupId === TEST_GROUP_ID) return 'TEST MESSAGE';
  const seconds = intervalSecondsOf(detection);
  return [
    `${detection.severity.toUpperCase()}: ${eventOf(detection)}`,
    ...(seconds === null ? [] : [`every ${spanText(seconds)}`]),
    prevalenceText(detection),
  ].join(', ');
}

function eventOf({ state, revision, episodes }: Headed): string {
  if (state === 'resolved') return 'beacon is over';
  if (revision > FIRST_REVISION) return 'beacon changed';
  return episodes.length > 0 ? 'beacon is back' : 'new beacon';
}

/** The time between two connections; null where no detector has one. */
export function intervalSecondsOf({ assessments }: Pick<Headed, 'assessments'>): number | null {
  return assessments['kql-rule']?.interval?.seconds ?? assessments.regularity?.interval ?? null;
}

/** `1 of 200 devices`; `1 device` where the fleet is not known. Of a process as a whole, over how many addresses. */
export function prevalenceText({
  devices,
  fleetDevices,
  RemoteIP,
  assessments,
}: Pick<Headed, 'devices' | 'fleetDevices' | 'RemoteIP' | 'assessments'>): string {
  if (RemoteIP === ANY_REMOTE) return `over ${groupedText(assessments.regularity?.addresses ?? 0)} addresses`;
  // The context counts the run before: a device can be newer.
  const all = fleetDevices === null ? '' : ` of ${groupedText(Math.max(fleetDevices, devices))}`;
  return `${groupedText(devices)}${all} ${devices === 1 && all === '' ? 'device' : 'devices'}`;
}
