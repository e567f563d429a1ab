import { groupedText } from '../text/numbers.ts';
import { spanText } from '../text/span.ts';
import { ANY_REMOTE } from './assessments.ts';
import type { Detection } from './detection.ts';
import { intervalSecondsOf } from './headline.ts';
import { endpointOf, processOf } from './names.ts';

/** A piece of a sentence. `isName`: text of the telemetry, the important part. */
export interface SentencePart {
  readonly text: string;
  readonly isName: boolean;
}

/** `mshta.exe on srv-1 (finn) connects to 203.0.113.5:443 about every 30 s, in 72 of the last 72 hours. No other device does.` */
export function sentenceOf(detection: Detection): readonly SentencePart[] {
  const { DeviceName, traffic } = detection;
  const [account] = traffic.accounts;
  return [
    name(processOf(detection)),
    words(' on '),
    name(DeviceName === '' ? '(no device name)' : DeviceName),
    ...(account === undefined ? [] : [words(' ('), name(account), words(')')]),
    words(` ${verbOf(detection)} `),
    name(endpointOf(detection)),
    words(`${oftenText(detection)}. ${othersText(detection)}`),
  ];
}

function name(text: string): SentencePart {
  return { text, isName: true };
}

function words(text: string): SentencePart {
  return { text, isName: false };
}

function verbOf({ state, traffic }: Detection): string {
  const onlyFails = traffic.failed > 0 && traffic.succeeded === 0;
  if (state === 'resolved') return onlyFails ? 'tried to connect to' : 'connected to';
  return onlyFails ? 'tries to connect to' : 'connects to';
}

function oftenText(detection: Detection): string {
  const seconds = intervalSecondsOf(detection);
  const { hours } = detection;
  const active = hours.filter((count) => count !== null && count > 0).length;
  const until = detection.state === 'resolved' ? `, until ${minuteText(detection.LastConnection)}` : '';
  return `${seconds === null ? '' : ` about every ${spanText(seconds)}`}, in ${active} of ${hours.length} hours${until}`;
}

function othersText({ devices, RemoteIP, assessments }: Detection): string {
  const regular = assessments.regularity;
  const does =
    regular !== null && regular.regularDevices > 1 ? ` ${regular.regularDevices} devices do so regularly.` : '';
  if (RemoteIP === ANY_REMOTE) return `Few devices use these addresses.${does}`;
  if (devices <= 1) return `No other device does.${does}`;
  const others = devices - 1;
  return `${groupedText(others)} other ${others === 1 ? 'device connects' : 'devices connect'} to it.${does}`;
}

/** `2026-11-20 09:45Z` */
export function minuteText(timestamp: string): string {
  return `${timestamp.slice(0, 10)} ${timestamp.slice(11, 16)}Z`;
}
