import { HOUR_SECONDS } from '../../../src/core/regularity/time_bin.ts';
import type { Random } from '../../../tools/sample/random.ts';
import { normal, uniform } from '../irregular.ts';

/** A span in which a device is on, in seconds. Its reporting hours begin with it: the sensor starts with the device. */
export interface OnSpan {
  readonly from: number;
  readonly to: number;
}

const DAY_SECONDS = 24 * HOUR_SECONDS;
/** Hours between two reboots, on average. */
const REBOOT_HOURS = 96;

/**
 * When a device is on, from before 0 to `hours`. A laptop is on from about 8 to about 18 on working days, sometimes in the
 * evening, and seldom at the weekend. The first day is a Monday. Every device reboots now and then.
 */
export function onSpans(isLaptop: boolean, hours: number, random: Random): OnSpan[] {
  const end = hours * HOUR_SECONDS;
  const spans = isLaptop ? laptopSpans(end, random) : [{ from: -random.fraction() * HOUR_SECONDS, to: end }];
  return spans.flatMap((span) => withReboots(span, random));
}

function laptopSpans(end: number, random: Random): OnSpan[] {
  const spans: OnSpan[] = [];
  for (let day = 0; day * DAY_SECONDS < end; day++) {
    if (day % 7 >= 5 && !random.chance(0.15)) continue;
    const at = (hour: number) => day * DAY_SECONDS + hour * HOUR_SECONDS;
    const from = at(8 + 0.7 * normal(random));
    const to = at(18 + normal(random));
    spans.push({ from, to });
    if (random.chance(0.25)) spans.push({ from: Math.max(to + HOUR_SECONDS, at(20)), to: at(22.5) });
  }
  return spans.filter(({ from, to }) => from < to && to <= end);
}

function withReboots({ from, to }: OnSpan, random: Random): OnSpan[] {
  const spans: OnSpan[] = [];
  let start = from;
  for (;;) {
    const stop = start - REBOOT_HOURS * HOUR_SECONDS * Math.log(1 - random.fraction());
    if (stop >= to) return [...spans, { from: start, to }];
    spans.push({ from: start, to: stop });
    start = stop + uniform(120, 900, random);
    if (start >= to) return spans;
  }
}
