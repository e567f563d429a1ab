import { groupedText } from '../src/core/text/numbers.ts';
import { type CostInputs, LINES, type Measured, type Month, monthOf, type Prices, requestsOf } from './cost_model.ts';
import { type Shape, shapesOf } from './cost_shapes.ts';
import { ceilingOf, type HourlyRuns } from './run_model.ts';

const DEVICES = [100, 1_000, 10_000, 100_000];
const INGEST = ['ingestExport', 'ingestQueued'];

/** The tables of docs/costs.md, by the name of their place in it. */
export function costTables(counted: CostInputs, prices: Prices): Readonly<Record<string, string>> {
  const { measured, hourly } = counted;
  const [low, high] = shapesOf(measured);
  return {
    sample: sampleText(measured),
    shapes: shapesTable([low, high], hourly),
    hourly: hourlyTable(hourly),
    requests: requestsTable(measured),
    'month-low': monthTable(low, counted, prices),
    'month-high': monthTable(high, counted, prices),
    scale: scaleTable([low, high], counted, prices),
    prices: table(
      ['what', 'USD', 'per', 'region, date, source'],
      Object.values(prices).map(({ usd, per, free, what, where }) => [
        what,
        String(usd),
        `${per}${free === undefined ? '' : `, the first ${groupedText(free)} free`}`,
        where,
      ]),
    ),
  };
}

/** The pages that hold tables, and which. */
export const PAGES: Readonly<Record<string, readonly string[]>> = {
  'docs/costs.md': ['sample', 'shapes', 'requests', 'hourly', 'month-low', 'month-high', 'prices'],
  'docs/deploy.md': ['scale'],
};

/** A page with tables between its marks `<!-- name -->` and `<!-- /name -->`. Throws where a mark is missing. */
export function withTables(page: string, names: readonly string[], tables: Readonly<Record<string, string>>): string {
  let text = page;
  for (const name of names) {
    const place = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
    if (!place.test(text)) throw new RangeError(`the page has no place for ${name}`);
    text = text.replace(place, (_all, before: string, after: string) => `${before}${tables[name]}\n${after}`);
  }
  return text;
}

function sampleText({
  measured,
  command,
  on,
  devices,
  hours,
  bytes,
  lines,
  reports,
  rows,
  groups,
  segments,
}: Measured): string {
  return (
    `Measured ${measured} by \`${command}\` (${on}): the sample tenant of ${devices} devices over ${hours} hours, ` +
    `${(bytes / 1e6).toFixed(1)} MB, ${groupedText(lines)} lines, ${groupedText(reports)} reports, ${groupedText(rows)} rows, ` +
    `${groupedText(groups)} groups, read in ${groupedText(segments)} segments while the exports grew. Per device and day that is ` +
    `${((bytes / 1e6 / devices / hours) * 24).toFixed(2)} MB and ${Math.round((reports / devices / hours) * 24)} reports.`
  );
}

function requestsTable(measured: Measured): string {
  const per = (count: number, of: number) => (of === 0 ? '0' : groupedText(Math.round((count / of) * 10_000) / 10));
  const runs = measured.invocations['scoreWindows']?.count ?? 1;
  const body = measured.requests
    .map(({ operation }) => {
      const only = (names: readonly string[]) => requestsOf(measured, new RegExp(`^${operation}$`), names);
      const [ingest, score] = [only(INGEST), only(['scorePartition'])];
      const sweep = only(['sweepExports']) / (measured.invocations['sweepExports']?.count ?? 1);
      const notify = only(['notifyDetection']) / measured.notifications;
      return { operation, ingest, score, sweep, notify };
    })
    .filter(({ ingest, score, sweep, notify }) => ingest + score + sweep + notify > 0)
    .map(({ operation, ingest, score, sweep, notify }) => [
      operation,
      per(ingest, measured.reports),
      (ingest / measured.segments).toFixed(1),
      per(score, measured.groups * runs),
      sweep.toFixed(1),
      notify.toFixed(1),
    ]);
  return table(
    ['request', 'per 1,000 reports read', 'per segment', 'per 1,000 groups scored', 'per sweep', 'per notification'],
    body,
  );
}

function hourlyTable({ measured, command, runs }: HourlyRuns): string {
  const body = runs.map(({ devices, scanned, usual, quiet, begin, processes }) =>
    [
      ...[devices, scanned, usual.rows, usual.requests, usual.written, usual.cpuMs, quiet.rows, quiet.requests],
      ...[begin.requests + processes.requests, begin.cpuMs + processes.cpuMs],
    ].map(groupedText),
  );
  const head = [
    'devices',
    'rows of the window',
    'rows read from tables',
    'requests',
    'bytes written',
    'CPU, ms',
    'with nothing new: rows',
    'requests',
    'once for all partitions: requests',
    'CPU, ms',
  ];
  return `Counted ${measured} by \`${command}\`: one of the sixteen partitions, 18 rows per device and hour.\n\n${table(head, body)}`;
}

function shapesTable(shapes: readonly Shape[], hourly: HourlyRuns): string {
  const row = (name: string, of: (shape: Shape) => number) => [
    name,
    ...shapes.map((shape) => String(Number(of(shape).toPrecision(3)))),
  ];
  return table(
    ['per device', ...shapes.map(({ name }) => `${name} case`)],
    [
      row('exports, MB a day', ({ bytes }) => (bytes * 24) / 1e6),
      row('reports an hour', ({ reports }) => reports),
      row('rows an hour', ({ rows }) => rows),
      row('open detections', ({ detections }) => detections),
      row('most devices of a deployment, thousand', (shape) => ceilingOf(shape, hourly)),
    ],
  );
}

function monthTable(shape: Shape, counted: CostInputs, prices: Prices): string {
  const months = DEVICES.map((devices) => monthOf(devices, shape, counted, prices));
  const row = (name: string, of: (month: Month) => string) => [name, ...months.map(of)];
  return table(
    ['devices', ...DEVICES.map(groupedText)],
    [
      row('exports, GB', ({ amounts }) => groupedText(round(amounts.exportGb))),
      row('reports, million', ({ amounts }) => groupedText(round(amounts.reports / 1e6))),
      row('segments, thousand', ({ amounts }) => groupedText(round(amounts.segments / 1e3))),
      row('requests of tables, million', ({ amounts }) => groupedText(round(amounts.tableTransactions / 1e6))),
      row('rows that a run reads from tables, thousand', ({ run }) => groupedText(round(run.rowsRead / 1e3))),
      row('rows that it scores, million', ({ run }) => groupedText(round(run.rowsOfFiles / 1e6))),
      row('CPU of a run, seconds', ({ run }) => groupedText(round(run.cpuSeconds))),
      row('a run takes', durationOf),
      row('GB-seconds, thousand', ({ amounts }) => groupedText(round(amounts.gigabyteSeconds / 1e3))),
      ...LINES.map(([key, name]) => row(name, ({ usd }) => money(usd[key]))),
      row('**Beaconwatch together**', ({ ours, run }) => (run.fits ? `**${money(ours)}**` : 'does not fit')),
      row('The exporter: appends, and 30 days of exports', ({ exporter }) => money(exporter)),
      row('The same table into Log Analytics instead', ({ logAnalytics }) => money(logAnalytics)),
    ],
  );
}

/** Belongs to docs/deploy.md. */
function scaleTable(shapes: readonly Shape[], counted: CostInputs, prices: Prices): string {
  const rows = shapes.flatMap((shape) => {
    const months = DEVICES.map((devices) => monthOf(devices, shape, counted, prices));
    const row = (name: string, of: (month: Month) => string) => [`${shape.name}: ${name}`, ...months.map(of)];
    return [
      row('exports, GB an hour', ({ scale }) => groupedText(round(scale.gbPerHour))),
      row('rows written a second, on average', ({ scale }) => groupedText(round(scale.rowsPerSecond))),
      row('rows that a partition keeps, thousand', ({ scale }) => groupedText(round(scale.rowsPerPartition / 1e3))),
      row('invocations of a run', ({ run }) => String(run.invocations)),
      row('a run takes', durationOf),
    ];
  });
  return table(['devices', ...DEVICES.map(groupedText)], rows);
}

function durationOf({ run: { seconds, fits } }: Month): string {
  if (!fits) return `${(seconds / 3600).toFixed(1)} h: too long`;
  return seconds < 60 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

function money(usd: number): string {
  return `$${usd < 100 ? usd.toFixed(2) : groupedText(Math.round(usd))}`;
}

/** Two digits that mean something; whole numbers above a hundred. */
function round(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(2));
}
