/**
 * What Kusto itself answers, as numbers with their source: published outputs, and a few cases that follow from the
 * documentation. `tolerance` 0 means bit for bit.
 */
export interface OracleCase<Input, Args, Expected> {
  readonly id: string;
  readonly input: Input;
  readonly args: Args;
  readonly expected: Expected;
  readonly tolerance: number;
  /** real: published Kusto output, as printed. doc-inferred: follows from the documentation. */
  readonly kind: 'real' | 'doc-inferred';
  readonly source: string;
  readonly note?: string;
}

type Numbers = readonly number[];

const DOCS = 'MicrosoftDocs/dataexplorer-docs@1bbb122ce data-explorer/kusto/query/';

const so75264555: Numbers = [-3, 2.4, 15, 3.9, 5, 6, 4.5, 5.2, 3, 4, 5, 16, 7, 5, 5, 4];
const stats15: Numbers = [23, 46, 23, 87, 4, 8, 3, 75, 2, 56, 13, 75, 32, 16, 29];
const doc60: Numbers = [
  80, 139, 87, 110, 68, 54, 50, 51, 53, 133, 86, 141, 97, 156, 94, 149, 95, 140, 77, 61, 50, 54, 47, 133, 72, 152, 94,
  148, 105, 162, 101, 160, 87, 63, 53, 55, 54, 151, 103, 189, 108, 183, 113, 175, 113, 178, 90, 71, 62, 62, 65, 165,
  109, 181, 115, 182, 121, 178, 114, 170,
];
const kubica41: Numbers = [
  72, 64, 65, 74, 43, 7, 12, 79, 66, 63, 77, 41, 12, 15, 78, 64, 67, 73, 45, 13, 11, 210, 69, 62, 71, 48, 11, 12, 88,
  72, 34, 68, 41, 8, 10, 90, 69, 62, 71, 45, 12,
];
const seasonal25: Numbers = [2, 5, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1];
const seasonal20: Numbers = [8, 12, 14, 12, 10, 10, 12, 14, 12, 10, 10, 12, 14, 12, 10, 10, 12, 14, 12, 10];
const seasonal12: Numbers = [1, 3, 5, 2, 4, 6, 1, 3, 5, 2, 4, 6];
const seasonal9: Numbers = [1, 3, 5, 1, 3, 5, 2, 4, 6];

export const seriesOutliers: readonly OracleCase<Numbers, readonly [], Numbers>[] = [
  {
    id: 'outliers-so',
    input: so75264555,
    args: [],
    expected: [
      -1.904078548360857, -0.10021466044004519, 1.3361954725339347, 0, 0, 0, 0, 0, 0, 0, 0, 1.6702443406674186, 0, 0, 0,
      0,
    ],
    tolerance: 0,
    kind: 'real',
    source: 'stackoverflow.com/questions/75264555 (answer and comment by Adi E, author of the function)',
    note: 'bit for bit',
  },
];

export const seriesStats: readonly OracleCase<Numbers, readonly [], Readonly<Record<string, number>>>[] = [
  {
    id: 'stats-doc',
    input: stats15,
    args: [],
    expected: {
      min: 2,
      min_idx: 8,
      max: 87,
      max_idx: 3,
      avg: 32.8,
      stdev: 28.50363385354827,
      variance: 812.4571428571429,
      sum: 492,
      len: 15,
    },
    tolerance: 0,
    kind: 'real',
    source: `${DOCS}series-stats-dynamic-function.md`,
    note: 'bit for bit: avg = sum/len; variance = (n*sum(x^2) - sum(x)^2) / (n*(n-1))',
  },
];

export const quotient: readonly OracleCase<Numbers, readonly [], number>[] = [
  {
    id: 'avg-is-sum-over-len',
    input: [6865747.488041711, 525600],
    args: [],
    expected: 13.062685479531414,
    tolerance: 0,
    kind: 'real',
    source: `${DOCS}series-stats-dynamic-function.md (nyc_taxi example)`,
  },
];

export const seriesPeriodsDetect: readonly OracleCase<
  Numbers,
  readonly [number, number, number],
  { readonly periods: Numbers; readonly scores: Numbers }
>[] = [
  {
    id: 'detect-doc60',
    input: doc60,
    args: [0.0, 50.0, 2],
    expected: { periods: [14, 0], scores: [0.84, 0] },
    tolerance: 0.01,
    kind: 'real',
    source: `${DOCS}series-periods-detect-function.md`,
    note: 'documented score is truncated; model gives 0.840556',
  },
  {
    id: 'detect-kubica',
    input: kubica41,
    args: [1, 8, 3],
    expected: { periods: [7, 0, 0], scores: [0.7154786263341261, 0, 0] },
    tolerance: 5e-16,
    kind: 'real',
    source:
      'tkubica12/tkubica12.github.io _posts/2019-12-10-kusto-zakladni-i-chytre-dotazy-nad-telemetrii.md, screenshot images/2019/2019-11-25-20-16-36.png',
    note: 'full-precision score read from the screenshot',
  },
];

export const seriesPeriodsValidate: readonly OracleCase<Numbers, Numbers, Numbers>[] = [
  {
    id: 'validate-doc60',
    input: doc60,
    args: [14.0, 10.0],
    expected: [0.84, 0.0],
    tolerance: 0.01,
    kind: 'real',
    source: `${DOCS}series-periods-validate-function.md`,
  },
];

export const decomposePeriod: readonly OracleCase<Numbers, readonly [], number>[] = [
  {
    id: 'decompose-kubica-period',
    input: kubica41,
    args: [],
    expected: 7,
    tolerance: 0,
    kind: 'real',
    source:
      'tkubica12/tkubica12.github.io _posts/2019-12-10-kusto-zakladni-i-chytre-dotazy-nad-telemetrii.md, screenshot images/2019/2019-11-25-20-13-16.png',
    note: 'baseline in the chart repeats every 7 points',
  },
];

export const seriesSeasonal: readonly OracleCase<Numbers, readonly [] | readonly [number], Numbers>[] = [
  {
    id: 'seasonal-6',
    input: seasonal25,
    args: [],
    expected: [1, 2, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1],
    tolerance: 0,
    kind: 'real',
    source: `${DOCS}series-seasonal-function.md`,
  },
  {
    id: 'seasonal-5',
    input: seasonal20,
    args: [],
    expected: [10, 12, 14, 12, 10, 10, 12, 14, 12, 10, 10, 12, 14, 12, 10, 10, 12, 14, 12, 10],
    tolerance: 0,
    kind: 'real',
    source: `${DOCS}series-seasonal-function.md`,
  },
  {
    id: 'seasonal-none',
    input: seasonal12,
    args: [],
    expected: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    tolerance: 0,
    kind: 'real',
    source: `${DOCS}series-seasonal-function.md`,
    note: 'period 6 = n/2 scores 1.0 but is NOT taken: its periodogram line holds 8% of the power (period 3 holds 91%)',
  },
  {
    id: 'seasonal-force3a',
    input: seasonal9,
    args: [3],
    expected: [1, 3, 5, 1, 3, 5, 1, 3, 5],
    tolerance: 0,
    kind: 'real',
    source: `${DOCS}series-seasonal-function.md`,
  },
  {
    id: 'seasonal-force3b',
    input: seasonal12,
    args: [3],
    expected: [1.5, 3.5, 5.5, 1.5, 3.5, 5.5, 1.5, 3.5, 5.5, 1.5, 3.5, 5.5],
    tolerance: 0,
    kind: 'real',
    source: `${DOCS}series-seasonal-function.md`,
    note: 'even number of points per phase: mean of the middle two',
  },
];

export const ipv4IsPrivate: readonly OracleCase<string, readonly [], boolean | null>[] = [
  {
    id: 'ipv4-192.168.1.1/24',
    input: '192.168.1.1/24',
    args: [],
    expected: true,
    tolerance: 0,
    kind: 'real',
    source: `${DOCS}ipv4-is-private-function.md`,
  },
  {
    id: 'ipv4-10.1.2.3/24',
    input: '10.1.2.3/24',
    args: [],
    expected: true,
    tolerance: 0,
    kind: 'real',
    source: `${DOCS}ipv4-is-private-function.md`,
  },
  {
    id: 'ipv4-202.1.2.3',
    input: '202.1.2.3',
    args: [],
    expected: false,
    tolerance: 0,
    kind: 'real',
    source: `${DOCS}ipv4-is-private-function.md`,
  },
  {
    id: 'ipv4-127.0.0.1',
    input: '127.0.0.1',
    args: [],
    expected: false,
    tolerance: 0,
    kind: 'real',
    source: `${DOCS}ipv4-is-private-function.md`,
  },
  {
    id: 'ipv4-10.1.2.3',
    input: '10.1.2.3',
    args: [],
    expected: true,
    tolerance: 0,
    kind: 'real',
    source: `${DOCS}ipv4-is-private-function.md`,
  },
  {
    id: 'ipv4-169.254.1.1',
    input: '169.254.1.1',
    args: [],
    expected: false,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}ipv4-is-private-function.md`,
    note: 'only three ranges are listed',
  },
  {
    id: 'ipv4-100.64.0.1',
    input: '100.64.0.1',
    args: [],
    expected: false,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}ipv4-is-private-function.md`,
    note: 'only three ranges are listed',
  },
  {
    id: 'ipv4-224.0.0.251',
    input: '224.0.0.251',
    args: [],
    expected: false,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}ipv4-is-private-function.md`,
    note: 'only three ranges are listed',
  },
  {
    id: 'ipv4-0.0.0.0',
    input: '0.0.0.0',
    args: [],
    expected: false,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}ipv4-is-private-function.md`,
    note: 'only three ranges are listed',
  },
  {
    id: 'ipv4-172.15.255.255',
    input: '172.15.255.255',
    args: [],
    expected: false,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}ipv4-is-private-function.md`,
    note: 'range edge',
  },
  {
    id: 'ipv4-172.16.0.0',
    input: '172.16.0.0',
    args: [],
    expected: true,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}ipv4-is-private-function.md`,
    note: 'range edge',
  },
  {
    id: 'ipv4-172.31.255.255',
    input: '172.31.255.255',
    args: [],
    expected: true,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}ipv4-is-private-function.md`,
    note: 'range edge',
  },
  {
    id: 'ipv4-172.32.0.0',
    input: '172.32.0.0',
    args: [],
    expected: false,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}ipv4-is-private-function.md`,
    note: 'range edge',
  },
  {
    id: 'ipv4-empty',
    input: '',
    args: [],
    expected: null,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}ipv4-is-private-function.md`,
    note: 'not an IPv4 string: null',
  },
  {
    id: 'ipv4-2001:db8::1',
    input: '2001:db8::1',
    args: [],
    expected: null,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}ipv4-is-private-function.md`,
    note: 'not an IPv4 string: null',
  },
  {
    id: 'ipv4-::ffff:8.8.8.8',
    input: '::ffff:8.8.8.8',
    args: [],
    expected: null,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}ipv4-is-private-function.md`,
    note: 'not an IPv4 string: null',
  },
  {
    id: 'ipv4-8.8.8',
    input: '8.8.8',
    args: [],
    expected: null,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}ipv4-is-private-function.md`,
    note: 'missing octet',
  },
  {
    id: 'ipv4-8.8.8.256',
    input: '8.8.8.256',
    args: [],
    expected: null,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}ipv4-is-private-function.md`,
    note: 'octet out of range',
  },
  {
    id: 'ipv4-8.8.8.8/33',
    input: '8.8.8.8/33',
    args: [],
    expected: null,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}ipv4-is-private-function.md`,
    note: 'prefix out of range',
  },
];

export const toint: readonly OracleCase<unknown, readonly [], number | null>[] = [
  {
    id: 'toint-123',
    input: '123',
    args: [],
    expected: 123,
    tolerance: 0,
    kind: 'real',
    source: `${DOCS}toint-function.md`,
  },
  {
    id: 'toint-2.3',
    input: 2.3,
    args: [],
    expected: 2,
    tolerance: 0,
    kind: 'real',
    source: `${DOCS}toint-function.md`,
  },
  {
    id: 'toint-45.9999',
    input: 45.9999,
    args: [],
    expected: 45,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}toint-function.md`,
    note: 'truncation',
  },
  {
    id: 'toint--2.7',
    input: -2.7,
    args: [],
    expected: -2,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}toint-function.md`,
    note: 'truncation toward zero',
  },
  {
    id: 'toint-None',
    input: null,
    args: [],
    expected: null,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}toint-function.md`,
    note: 'null',
  },
  {
    id: 'toint-abc',
    input: 'abc',
    args: [],
    expected: null,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}toint-function.md`,
    note: 'no conversion',
  },
  {
    id: 'toint-True',
    input: true,
    args: [],
    expected: 1,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}toint-function.md`,
    note: 'assumed',
  },
  {
    id: 'toint-3000000000',
    input: 3000000000,
    args: [],
    expected: null,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}toint-function.md`,
    note: 'UNKNOWN: overflow assumed null',
  },
  {
    id: 'toint-2.9',
    input: '2.9',
    args: [],
    expected: 2,
    tolerance: 0,
    kind: 'doc-inferred',
    source: `${DOCS}toint-function.md`,
    note: 'UNKNOWN: decimal string assumed truncated',
  },
];
