/**
 * The CPU time of a scan page, from the service's answer to contributions, against the same page through the SDK's own
 * reading of rows: `npm run bench:pages`. Both take turns in one process, on the same answer.
 */
import { AnswerReader, answersOf } from './harness/service_answers.ts';
import { median } from './harness/statistics.ts';
import { wirePages } from './harness/wire_rows.ts';

const ROUNDS = 60;
const WARM_UP = 10;
/** Of the SDK's CPU time. */
const LIMIT = 0.5;
const [page = []] = wirePages('3', 100_000);
const answers = [...answersOf([page])];
const reader = new AnswerReader();

async function microsecondsPerRow(pages: AsyncIterable<readonly unknown[]>): Promise<number> {
  const started = process.cpuUsage();
  let rows = 0;
  for await (const each of pages) rows += each.length;
  const { user, system } = process.cpuUsage(started);
  if (rows !== page.length) throw new Error(`${rows} rows of ${page.length}`);
  return (user + system) / rows;
}

const measured: { ours: number; sdk: number }[] = [];
for (let round = -WARM_UP; round < ROUNDS; round++) {
  const both = {
    ours: await microsecondsPerRow(reader.ours(answers)),
    sdk: await microsecondsPerRow(reader.sdk(answers)),
  };
  if (round >= 0) measured.push(both);
}
const ratio = median(measured.map(({ ours, sdk }) => ours / sdk));
const of = (side: 'ours' | 'sdk') => median(measured.map((both) => both[side])).toFixed(2);
process.stdout.write(
  `a row of a scan page: ${of('ours')} µs of CPU, through the SDK ${of('sdk')} µs: ${ratio.toFixed(2)} of it (limit ${LIMIT})\n`,
);
if (ratio > LIMIT) process.exitCode = 1;
