import type { Append } from '../../../tools/sample/appends.ts';
import { SAMPLE_FORMATS, type SampleFormatName } from '../../../tools/sample/formats.ts';
import type { Plan } from '../../../tools/sample/plan.ts';

const known = new Map<Plan, Map<SampleFormatName, readonly Append[]>>();

/** A tenant as a format writes it, generated once for all tests of a worker: nobody changes it. */
export function written(format: SampleFormatName, plan: Plan): readonly Append[] {
  const formats = known.get(plan) ?? new Map<SampleFormatName, readonly Append[]>();
  known.set(plan, formats);
  const appends = formats.get(format) ?? [...SAMPLE_FORMATS[format].appends(plan)];
  formats.set(format, appends);
  return appends;
}
