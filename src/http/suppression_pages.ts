import { DETECTION_ID } from '../core/detections/detection.ts';
import { proposedSuppression } from '../core/detections/proposed_suppression.ts';
import { DAY_MS } from '../core/kql/timespan.ts';
import { timestampFromMs } from '../core/kql/timestamp.ts';
import { wholeOf } from '../core/text/decimal.ts';
import { groupedText } from '../core/text/numbers.ts';
import { faultsIn, faultsText } from '../detections/input_faults.ts';
import { suppressionInput } from '../detections/suppression_input.ts';
import { DEFAULT_SUPPRESSION_DAYS, MAX_SUPPRESSION_DAYS } from '../detections/suppressions.ts';
import { messagePage, type Reader } from '../web/site_page.ts';
import { type SuppressionDraft, suppressionsPage } from '../web/suppressions_page.ts';
import type { HttpAnswer } from './answers.ts';
import { type PageRequest, type PagesApp, page, seeOther } from './page_answers.ts';

type SuppressionsApp = Pick<
  PagesApp,
  'now' | 'getDetection' | 'listSuppressions' | 'addSuppression' | 'removeSuppression'
>;
type Fields = Readonly<Record<string, string>>;

/** The entries. The parameter `of` fills the form with what is proposed for a detection, whose page links here. */
export async function suppressionsPageResponse(
  app: SuppressionsApp,
  request: PageRequest,
  reader: Reader,
): Promise<HttpAnswer> {
  const { of = '' } = Object.fromEntries(request.query) as Fields;
  const detection = DETECTION_ID.test(of) ? await app.getDetection(of) : null;
  return await shown(
    app,
    200,
    draftOf(detection === null ? {} : { ...proposedSuppression(detection) }),
    reader,
    '',
    false,
  );
}

/** Adds or removes an entry in the name of the reader. What is refused is shown again, with the reason. */
export async function postedSuppression(app: SuppressionsApp, fields: Fields, reader: Reader): Promise<HttpAnswer> {
  const { remove } = fields;
  if (remove !== undefined) {
    const isKnown = await app.removeSuppression(remove);
    return isKnown
      ? seeOther('suppressions')
      : page(404, messagePage('', reader, 'Not found', 'There is no suppression with this id.'));
  }
  const draft = draftOf(fields);
  const { days, ...texts } = draft;
  const isForced = fields['force'] !== undefined;
  const input = suppressionInput.safeParse({
    ...texts,
    days: wholeOf(days, 1, MAX_SUPPRESSION_DAYS) ?? days,
    force: isForced,
  });
  if (!input.success) return await shown(app, 400, draft, reader, faultsText(faultsIn(input.error)), false);
  const { force, owner: _owner, ...wanted } = input.data;
  const expires = timestampFromMs(app.now() + wanted.days * DAY_MS);
  const added = await app.addSuppression({ ...wanted, owner: reader.name, expires }, force);
  return added.ok ? seeOther('suppressions') : await shown(app, 400, draft, reader, added.reason, added.forcible);
}

function draftOf({ reason = '', days = String(DEFAULT_SUPPRESSION_DAYS), ...fields }: Fields): SuppressionDraft {
  const { device = '', process = '', remote = '', hash = '', source = '', detector = '' } = fields;
  return { device, process, remote, hash, source, detector, reason, days };
}

async function shown(
  app: SuppressionsApp,
  status: number,
  draft: SuppressionDraft,
  reader: Reader,
  fault: string,
  isForcible: boolean,
): Promise<HttpAnswer> {
  const suppressions = await app.listSuppressions();
  const title = `${groupedText(suppressions.length)} listed`;
  return page(
    status,
    suppressionsPage({
      reader,
      status: { isHealthy: null, title, parts: [], notes: [] },
      ...{ suppressions, draft, fault, isForcible },
    }),
  );
}
