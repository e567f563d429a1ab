import { type BenchOutcome, isMet, type Results } from '../harness/results.ts';
import type { Summary } from '../harness/statistics.ts';

/** The parts of docs/performance.md that are made of results, by the name of their markers. */
export function partsOf(all: readonly Results[]): ReadonlyMap<string, string> {
  const parts = new Map([['goals', goalsTable(all)]]);
  for (const results of all) parts.set(results.name, [originLine(results), measuredTable(results)].join('\n\n'));
  return parts;
}

/** The page with what stands between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` replaced. Throws for a name without results. */
export function filled(page: string, parts: ReadonlyMap<string, string>): string {
  return page.replace(
    /(<!-- bench:(\w+) -->\n)[\s\S]*?(<!-- \/bench:\2 -->)/g,
    (_all, start: string, name: string, end: string) => {
      const part = parts.get(name);
      if (part === undefined) throw new Error(`no results of ${name}: npm run bench:${name}`);
      return `${start}\n${part}\n\n${end}`;
    },
  );
}

function goalsTable(all: readonly Results[]): string {
  const rows = all.flatMap(({ name, outcomes }) =>
    Object.entries(outcomes)
      .filter(([, { atMost, atLeast }]) => atMost !== undefined || atLeast !== undefined)
      .map(([what, outcome]) => [
        `\`${name}\``,
        what,
        `${shown(outcome.value)} ${outcome.unit}`,
        goalOf(outcome),
        isMet(outcome) ? 'met' : `**missed** by ${missedBy(outcome)}`,
      ]),
  );
  return table(['bench', 'what', 'measured', 'goal', ''], rows);
}

function measuredTable({ summaries, outcomes, skipped, work }: Results): string {
  const numbers = [...new Set(Object.values(summaries).flatMap((each) => Object.keys(each)))];
  const rows = Object.entries(summaries).map(([contestant, each]) => [
    contestant,
    ...numbers.map((number) => cell(each[number])),
  ]);
  const works = Object.entries(work).map(([name, value]) => `${HEADINGS[name] ?? name} ${shown(value)}`);
  const told = Object.entries(outcomes).map(
    ([name, outcome]) => `- ${name}: **${shown(outcome.value)}** ${outcome.unit}${spread(outcome)}`,
  );
  return [
    ...(works.length > 0 ? [`The work: ${works.join(', ')}.`] : []),
    table(['', ...numbers.map((number) => HEADINGS[number] ?? number)], rows),
    told.join('\n'),
    ...(skipped.length > 0 ? [skipped.map((line) => `- Skipped: ${line}`).join('\n')] : []),
  ].join('\n\n');
}

function originLine({ origin, rounds, name, full }: Results): string {
  const { date, node, cpu, cores, memoryGiB, commit, dirty } = origin;
  const at = `${date.slice(0, 10)}, commit \`${commit}\`${dirty ? ' and changes' : ''}`;
  const many = `${rounds} round${rounds === 1 ? '' : 's'}`;
  return `\`npm run bench:${name}\`: ${at}, Node ${node}, ${cpu}, ${cores} cores, ${memoryGiB} GiB; ${many}, medians (quartiles).${full ? '' : ' **Fewer rounds, or less work, than `npm run bench` asks for.**'}`;
}

/** What the numbers are called at the head of a column. */
const HEADINGS: Readonly<Record<string, string>> = {
  wallMs: 'wall, ms',
  cpuMs: 'CPU, ms',
  peakMb: 'peak memory, MB',
  inProcessMs: 'in process, ms',
  groupsPerSecond: 'groups/s',
  groupHours: 'hours of groups',
  shareOverTheLine: 'share above the threshold',
};

function cell(summary: Summary | undefined): string {
  if (!summary) return '–';
  const { median, low, high } = summary;
  return low === high ? shown(median) : `${shown(median)} (${shown(low)}–${shown(high)})`;
}

function spread({ spread: quartiles }: BenchOutcome): string {
  return quartiles && quartiles[0] !== quartiles[1] ? ` (${shown(quartiles[0])}–${shown(quartiles[1])})` : '';
}

function goalOf({ atMost, atLeast }: BenchOutcome): string {
  if (atMost !== undefined && atLeast !== undefined) return `${shown(atLeast)} to ${shown(atMost)}`;
  return atMost === undefined ? `at least ${shown(atLeast as number)}` : `at most ${shown(atMost)}`;
}

/** How far beyond its bound, in percent of it. */
function missedBy({ value, atMost, atLeast }: BenchOutcome): string {
  const bound = atMost !== undefined && value > atMost ? atMost : (atLeast as number);
  return `${Math.ceil(Math.abs(value / bound - 1) * 100)} %`;
}

function shown(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
