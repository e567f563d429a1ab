import type { TopLevelSpec } from 'vega-lite';
import { CHART_CONFIG, svgOf } from '../../page/charts.ts';
import { MEASURED_DETECTORS } from '../detectors.ts';
import { RIVALS } from '../rivals/rivals.ts';
import type { StoredQuality } from '../stored.ts';

const COLOURS = ['#db6d28', '#2f81f7', '#3fb950', '#a371f7', '#a8b0ba'];
/** Jitter of the curves. */
const SHOWN_JITTER = 0.2;

/** The charts of docs/quality.md, by file name: SVG. */
export async function qualityCharts({ synthetic }: StoredQuality): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['recall.svg', await svgOf(recallCurves(synthetic))],
    ['false.svg', await svgOf(falseBars(synthetic))],
  ]);
}

/** Recall by time between connections, always on and off at night. */
function recallCurves({ recall }: StoredQuality['synthetic']): TopLevelSpec {
  const values = recall
    .filter(({ jitter, hours, schedule }) => jitter === SHOWN_JITTER && hours === 72 && schedule !== 'lost')
    .flatMap(({ sleep, schedule, runs, found }) =>
      (['kql-rule', 'regularity'] as const).map((detector) => ({
        minutes: sleep / 60,
        recall: found[detector] / runs,
        what: `${detector}, ${schedule === 'on' ? 'always on' : 'off at night'}`,
      })),
    );
  return {
    data: { values },
    width: 460,
    height: 240,
    mark: { type: 'line', point: { size: 40 } },
    encoding: {
      x: {
        field: 'minutes',
        type: 'quantitative',
        title: 'time between connections, minutes, logarithmic',
        scale: { type: 'log' },
        axis: { values: [0.5, 1, 2, 5, 15, 60, 240] },
      },
      y: { field: 'recall', type: 'quantitative', title: 'recall', scale: { domain: [0, 1] } },
      color: { field: 'what', type: 'nominal', title: null, scale: { range: COLOURS } },
    },
    config: CHART_CONFIG,
  } as TopLevelSpec;
}

/** Of irregular traffic, how much each detector matches at one look. */
function falseBars({ looks, rivals }: StoredQuality['synthetic']): TopLevelSpec {
  const values = [
    ...looks.flatMap(({ kind, groups, found }) =>
      MEASURED_DETECTORS.filter((detector) => detector !== 'both').map((detector) => ({
        kind,
        detector,
        rate: (1_000 * found[detector]) / groups,
      })),
    ),
    ...rivals.looks.flatMap(({ kind, groups, found }) =>
      RIVALS.map((detector) => ({ kind, detector, rate: (1_000 * found[detector]) / groups })),
    ),
  ];
  return {
    data: { values },
    width: 460,
    height: { step: 12 },
    mark: 'bar',
    encoding: {
      y: { field: 'kind', type: 'nominal', title: null, sort: null },
      yOffset: { field: 'detector', sort: null },
      x: { field: 'rate', type: 'quantitative', title: 'matches at one look, per 1,000 groups' },
      color: { field: 'detector', type: 'nominal', title: null, sort: null, scale: { range: COLOURS } },
    },
    config: CHART_CONFIG,
  } as TopLevelSpec;
}
