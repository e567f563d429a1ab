import { parse, type Spec, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Results } from '../harness/results.ts';

/** Text and lines that can be read on white and on black. */
const INK = '#7d8590';
const OURS = '#2f81f7';
const OTHERS = '#a8b0ba';

/** Fonts and colours of a chart. */
export const CHART_CONFIG = {
  background: 'transparent',
  font: 'system-ui, sans-serif',
  axis: {
    labelColor: INK,
    titleColor: INK,
    labelFontSize: 13,
    titleFontSize: 13,
    titleFontWeight: 'normal',
    gridColor: INK,
    gridOpacity: 0.25,
    domainColor: INK,
    tickColor: INK,
  },
  legend: { labelColor: INK, titleColor: INK, labelFontSize: 13, titleFontSize: 13 },
  text: { color: INK, fontSize: 13 },
  view: { stroke: null },
} as const;

/** A chart for each benchmark that has one, by file name: SVG. */
export async function chartsOf(all: readonly Results[]): Promise<ReadonlyMap<string, string>> {
  const charts = new Map<string, string>();
  for (const results of all) {
    const spec = SPECS[results.name]?.(results);
    if (spec) charts.set(`${results.name}.svg`, await svgOf(spec));
  }
  return charts;
}

const SPECS: Readonly<Record<string, (results: Results) => TopLevelSpec>> = {
  score: (results) => bars(results, 'wallMs', 'wall time of the whole process, ms', /beaconwatch/),
  ingest: (results) => bars(results, 'cpuMs', 'CPU of the client, ms', /^ingest/),
  series: (results) => bars(results, 'groupsPerSecond', 'groups a second, logarithmic', /match|assessment/, 'log'),
  start: (results) => bars(results, 'wallMs', 'wall time of the whole process, ms', /deployed/),
  memory: (results) => bars(results, 'peakMb', 'peak memory, MB', /MiB/),
  growth,
};

function bars(
  results: Results,
  number: string,
  title: string,
  ours: RegExp,
  scale: 'linear' | 'log' = 'linear',
): TopLevelSpec {
  const values = Object.entries(results.summaries)
    .filter(([, numbers]) => numbers[number])
    .map(([name, numbers]) => ({ name, value: numbers[number]?.median ?? 0, ours: ours.test(name) }));
  const base = scale === 'log' ? Math.min(...values.map(({ value }) => value)) / 2 : 0;
  return {
    data: { values: values.map((each) => ({ ...each, base, label: digits(each.value) })) },
    width: 420,
    height: { step: 26 },
    encoding: { y: { field: 'name', type: 'nominal', sort: null, title: null, axis: { labelLimit: 0, ticks: false } } },
    layer: [
      {
        mark: { type: 'bar', height: 16 },
        encoding: {
          x: {
            field: 'value',
            type: 'quantitative',
            title,
            scale: scale === 'log' ? { type: 'log', domainMin: base, nice: false } : { zero: true },
          },
          ...(scale === 'log' && { x2: { field: 'base' } }),
          color: { condition: { test: 'datum.ours', value: OURS }, value: OTHERS },
        },
      },
      {
        mark: { type: 'text', align: 'left', dx: 5 },
        encoding: { x: { field: 'value', type: 'quantitative' }, text: { field: 'label' } },
      },
    ],
    config: CHART_CONFIG,
  } as TopLevelSpec;
}

/** Time by work, both logarithmic: in proportion is a straight line of slope one. */
function growth({ summaries }: Results): TopLevelSpec {
  const values = Object.entries(summaries).map(([name, { rows, inProcessMs }]) => ({
    what: name.split(',')[0],
    rows: rows?.median,
    ms: inProcessMs?.median,
  }));
  const axis = (field: string, title: string) => ({
    field,
    type: 'quantitative',
    title,
    scale: { type: 'log' },
    axis: { format: '~s' },
  });
  return {
    data: { values },
    width: 420,
    height: 240,
    mark: { type: 'line', point: { size: 60 } },
    encoding: {
      x: axis('rows', 'rows, logarithmic'),
      y: axis('ms', 'time, ms, logarithmic'),
      color: { field: 'what', type: 'nominal', title: null, scale: { range: [OURS, '#db6d28'] } },
    },
    config: CHART_CONFIG,
  } as TopLevelSpec;
}

/** A chart as SVG. */
export function svgOf(spec: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile(spec).spec as Spec), { renderer: 'none' });
  return view.toSVG().then((svg) => `${svg}\n`);
}

function digits(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}
