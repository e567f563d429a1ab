import * as z from 'zod';
import { faultsIn, faultsText, oneOfText } from '../detections/input_faults.ts';
import { LIST_VIEWS } from '../web/list_page.ts';
import type { PageRequest } from './page_answers.ts';

/** The parameters of a page's address are not those that the page has. The message names them, never their values. */
export class PageQueryRefused extends Error {
  override readonly name = 'PageQueryRefused';
}

/**
 * The parameters of a list. An unknown one is refused: who writes `?severity=high` would take the whole list for what is
 * left of it.
 */
export const LIST_QUERY = z.strictObject({
  view: z.enum(LIST_VIEWS, { error: oneOfText(LIST_VIEWS) }).default('open'),
  q: z.string().max(500, { error: 'must be at most 500 characters' }).default(''),
});

const UNITS = ['hour', 'day'] as const;
export const FLEET_QUERY = z.strictObject({
  by: z.enum(UNITS, { error: oneOfText(UNITS) }).default('hour'),
});

/** The parameters of a request for a page. Throws a PageQueryRefused. */
export function pageQueryOf<Q>(schema: z.ZodType<Q>, { query }: PageRequest): Q {
  const named = [...query];
  const read = schema.safeParse(Object.fromEntries(named));
  // Of two values one would be ignored silently.
  const twice = named.map(([name]) => name).find((name, index, names) => names.indexOf(name) < index);
  if (read.success && twice !== undefined) throw new PageQueryRefused(`${twice} must be given only once.`);
  if (read.success) return read.data;
  throw new PageQueryRefused(`${faultsText(faultsIn(read.error))}.`);
}
