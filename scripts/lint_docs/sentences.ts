import type { LintFinding } from './finding.ts';
import type { Page, Piece } from './page.ts';

/** Words of a sentence, on average over a page's prose. */
export const MEAN_WORDS = 25;
/** Words of any one sentence, also in a table. */
export const MOST_WORDS = 40;

/** Sentences of a text, each with the line on which it begins. */
export function sentencesOf({ text, line }: Piece): Piece[] {
  // Spaces for line ends: the segmenter would end a sentence at each.
  const flat = text.replaceAll('\n', ' ');
  return [...new Intl.Segmenter('en', { granularity: 'sentence' }).segment(flat)].map(({ segment, index }) => ({
    text: segment.trim(),
    line: line + text.slice(0, index).split('\n').length - 1,
  }));
}

/** Words of a sentence: what has a letter or a digit, between spaces. */
export function wordsIn(sentence: string): number {
  return sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

/** Whether sentences are short enough to be read once. */
export function sentenceFindings({ prose, cells }: Page, file: string): LintFinding[] {
  const sentences = prose.flatMap(sentencesOf).map((each) => ({ ...each, words: wordsIn(each.text) }));
  const findings: LintFinding[] = [];
  for (const { text, line, words } of [
    ...sentences,
    ...cells.flatMap(sentencesOf).map((each) => ({ ...each, words: wordsIn(each.text) })),
  ]) {
    if (words <= MOST_WORDS) continue;
    findings.push({
      file,
      line,
      message: `a sentence of ${words} words (at most ${MOST_WORDS}): ${text.slice(0, 60)}…`,
    });
  }
  const counted = sentences.filter(({ words }) => words > 0);
  const mean = counted.reduce((sum, { words }) => sum + words, 0) / Math.max(counted.length, 1);
  if (mean > MEAN_WORDS) {
    findings.push({
      file,
      line: 0,
      message: `sentences of ${mean.toFixed(1)} words on average (at most ${MEAN_WORDS})`,
    });
  }
  return findings;
}
