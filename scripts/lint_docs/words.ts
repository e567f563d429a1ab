import type { LintFinding } from './finding.ts';

/** Words that our texts do not use, with the term to write instead. Whole words, any case, all inflections. */
interface Rule {
  readonly not: RegExp;
  readonly but: string;
}

/** Each pattern stands for itself; the flags `gi` and the word boundaries are added. */
const rule = (not: string, but: string): Rule => ({ not: new RegExp(`(?<![\\w])(?:${not})(?![\\w])`, 'gi'), but });

/**
 * One word for one thing. Words that also have an ordinary meaning (`round`, `line`, `passing`, `enough`) are found only
 * in the phrases that give them a private one.
 */
export const RULES: readonly Rule[] = [
  rule('tell|tells|told|telling', 'notify, notified; say, show; distinguish'),
  rule('hears?(?: \\w+)? of|heard of', 'receives'),
  rule('due(?! to)|(?:is|are|was|were) due to', 'pending'),
  rule('claim|claims|claimed|claiming|ClaimedAt|ClaimedBy', 'lease, leased'),
  rule("(?:any|some)body's", 'leased, not leased'),
  rule('passing (?:fault|failure|error|trouble|answer)s?|(?:is|are|be) passing', 'transient'),
  rule('mend|mends|mended|mending', 'fix, fixed'),
  rule('(?:leave|leaves|leaving|left)[- ](?:it |them )?out', 'skip, skipped, omitted'),
  rule('anew', 'again'),
  rule('rests|resting', 'backs off'),
  rule('hiccups?', 'failure'),
  rule('rounds?(?! (?:down|up|to|differently)\\b|[- ]trips?)', 'batch'),
  rule(
    "(?:over|above|below|under|beyond|at|far over|each|clears?|rule's|pass(?:es)?) (?:the |each )?line(?: of \\d+)?(?= |[,.;:)]|$)(?! (?:of|length|\\d))",
    'threshold',
  ),
  rule('the line (?:is|of) \\d[\\d.]*', 'threshold'),
  rule('alike', 'within the expected range'),
  rule('\\d[\\d.,]* (?:is|are) enough', 'minimum'),
  rule('look(?:ed|s|ing)? (?:at|into)', 'in scope, parsed; checks'),
  rule('needles?', 'pre-filter token'),
  rule('made-up|made up(?! of)', 'synthetic'),
  rule('plant|plants|planted|planting', 'seeded'),
  rule('borrow|borrows|borrowed|borrowing', 'LOLBins'),
  rule("detector(?:'s|s'|s)? verdicts?|verdicts? of (?:a|the|each|every) detectors?", 'assessment'),
  rule('acting (?:text|character|part|code|name)s?', 'unsafe'),
  rule('inert', 'escaped'),
  rule('said, hidden', 'verdict, suppressed by'),
  rule('hid', 'hits'),
  rule('known by', 'detector'),
  rule('mergers?', 'batch writer'),
  rule('(?:in|by) hundreds|hundreds(?! of)', 'batches'),
  rule('(?:detector|--detector)[ =:]+["\'`]?seed|[\\w.…]*(?:\\||%7C)seed|seed (?:rule|detector)', 'kql-rule'),
  rule('(?:order|sort)[ =]+["\'`]?regularity|data\\.regularity', 'spread'),
  rule('weakness|weaknesses', 'vulnerability'),
  rule('dispositions?', 'verdict'),
  rule('changeReason', 'revisionReason'),
  rule('talkers?', 'prevalence'),
  rule('still live|(?:is|are) (?:still )?live|live detections?|(?:state[= ]|\\|)live', 'active'),
];

/** Where a word is no private one after all. Each with the reason. */
const ALLOWED: readonly { readonly file: RegExp; readonly but: string; readonly why: string }[] = [
  { file: /^(?:docs\/performance\.md|test\/unit\/bench\/.*)$/, but: 'batch', why: 'a round is the term of benchmarks' },
  {
    file: /^(?:src|test\/(?:unit|support))\/http\/.*$/,
    but: 'lease, leased',
    why: 'a claim is a statement of a token',
  },
];

/** Whole headings, cells and literals that say too little: the term to write instead. */
const HEADINGS: Readonly<Record<string, string>> = {
  said: 'verdict',
  hidden: 'suppressed by',
  hid: 'hits',
  'known by': 'detector',
  'all of it': 'Details',
  'to suppress it': 'Suppress',
  'how rare': 'Prevalence',
  'how regular': 'Regularity, Spread',
};

/** The words of a text that are not ours, by the line on which each stands; the text begins at `line` of the file. */
export function wordFindings(text: string, file: string, line = 1): LintFinding[] {
  const findings: LintFinding[] = [];
  for (const { not, but } of RULES) {
    if (ALLOWED.some((allowed) => allowed.but === but && allowed.file.test(file))) continue;
    for (const { 0: word, index } of text.matchAll(not)) {
      findings.push({ file, line: line + linesBefore(text, index), message: `${oneLine(word)} → ${but}` });
    }
  }
  return findings;
}

/** A heading, a label or a cell of a table's head that says too little. */
export function headingFindings(text: string, file: string, line: number): LintFinding[] {
  const but = HEADINGS[text.trim().toLowerCase().replace(/:$/, '')];
  return but === undefined ? [] : [{ file, line, message: `${text.trim()} → ${but} (as a heading)` }];
}

function linesBefore(text: string, index: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
