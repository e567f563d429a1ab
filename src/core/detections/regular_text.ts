import type { Session } from '../regularity/session.ts';
import { counted, groupedText, percentText, roundedText } from '../text/numbers.ts';
import type { RegularAssessment } from './assessments.ts';

/** The match of `regularity` as text, without telemetry. */

/** `about every 272 s (195–349 s), in 72 of 72 hours with the device on` */
export function regularPaceOf(assessment: RegularAssessment): string {
  const { way, session, addresses, active_hours, hours, interval, interval_low, interval_high } = assessment;
  const every = `about every ${groupedText(interval)} s (${groupedText(interval_low)}–${groupedText(interval_high)} s)`;
  if (way === 'session' && session !== null) {
    return `${every}: ${roundedText(session.mean, 1)} per hour for ${counted(session.n, 'whole hour')}`;
  }
  const over = way === 'process' ? `, over ${groupedText(addresses)} addresses that few devices use` : '';
  return `${every}${over}, in ${active_hours} of ${counted(hours, 'hour')} with the device on`;
}

/** `score 0.91 (spread is 3 % of chance), 951 connections`; of a session how rarely chance makes one so even. */
export function regularReasonOf({ way, regularity, view, views, connections, session }: RegularAssessment): string {
  const measured = `score ${roundedText(regularity, 2)} (${VIEWS[view]} ${percentText(views[view] ?? 0)} of chance)`;
  const rare = way === 'session' && session !== null ? `; ${rarityText(session)}` : '';
  return `${measured}, ${counted(connections, 'connection')}${rare}`;
}

const VIEWS: Readonly<Record<RegularAssessment['view'], string>> = {
  spread: 'spread is',
  steps: 'steps are',
  gaps: 'gaps are',
};

/** `chance makes one of 3,300 groups so even` */
export function rarityText({ p }: Session): string {
  return `chance makes one of ${groupedText(rarityOf(p))} groups so even`;
}

/** Two significant digits: 3,333 is 3,300. At most a million million, since p can be nearly 0. */
function rarityOf(p: number): number {
  return Number(Math.min(1e12, 1 / p).toPrecision(2));
}
