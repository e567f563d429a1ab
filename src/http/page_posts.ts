import { faultsIn, faultsText } from '../detections/input_faults.ts';
import { verdictInput } from '../detections/verdict_input.ts';
import { messagePage, type Reader } from '../web/site_page.ts';
import type { HttpAnswer } from './answers.ts';
import { readForm } from './body.ts';
import { type PageRequest, type PagesApp, page, seeOther } from './page_answers.ts';
import { isSameOrigin, isSameSecret } from './same_origin.ts';

export type PostReading =
  | { readonly ok: true; readonly fields: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly status: number; readonly detail: string };

/** The fields of a form that one of our own pages sent for a reader who may write; else why it is not taken. */
export async function postFault(request: PageRequest, { formToken }: Reader): Promise<PostReading> {
  if (formToken === null) return { ok: false, status: 403, detail: 'You may only read here.' };
  if (!isSameOrigin(request.headers))
    return { ok: false, status: 403, detail: 'The form came from another site, or from a very old browser.' };
  const read = await readForm(request);
  if (!read.ok) return read;
  const { token = '', ...fields } = read.fields;
  if (!isSameSecret(token, formToken))
    return {
      ok: false,
      status: 403,
      detail: 'The form is older than this session: go back, load the page again, repeat.',
    };
  return { ok: true, fields };
}

/** Records a verdict in the name of the reader, whatever the form says, and shows the detection again. */
export async function postedVerdict(
  app: Pick<PagesApp, 'recordVerdict'>,
  id: string,
  { value, note = '' }: Readonly<Record<string, string>>,
  reader: Reader,
): Promise<HttpAnswer> {
  const input = verdictInput.safeParse({ value, note, who: reader.name });
  if (!input.success) return page(400, messagePage('../', reader, 'Not done', `${faultsText(faultsIn(input.error))}.`));
  const isKnown = await app.recordVerdict(id, input.data);
  return isKnown
    ? seeOther(`../detections/${id}`)
    : page(404, messagePage('../', reader, 'Not found', 'There is no detection with this id.'));
}
