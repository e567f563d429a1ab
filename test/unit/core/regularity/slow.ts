import { Fraction } from './fraction.ts';

/**
 * The detector `regularity` once more, straight from its definition: exact fractions and lists of all hours. It imports
 * none of our code. Nothing is rounded.
 */

type Counts = readonly { readonly second: number; readonly count: number }[];

const ZERO = new Fraction(0);
const ONE = new Fraction(1);
const of = (top: number, bottom = 1) => new Fraction(top, bottom);
const sum = (values: readonly Fraction[]) => values.reduce((total, value) => total.plus(value), ZERO);
const average = (values: readonly Fraction[]) => sum(values).over(of(values.length));
const square = (value: Fraction) => value.times(value);
const inOrder = (values: readonly Fraction[]) => values.toSorted((a, b) => (a.isBelow(b) ? -1 : b.isBelow(a) ? 1 : 0));

export function offset(seconds: readonly number[]): number {
  const candidates = Array.from({ length: 12 }, (_none, index) => {
    const start = 300 * index;
    const hours = new Set<string>();
    let margin = 3600;
    for (const second of seconds) {
      const inHour = (second - start) % 3600;
      hours.add(String(second - start - inHour));
      margin = Math.min(margin, inHour, 3600 - inHour);
    }
    return { start, hours: hours.size, margin };
  });
  const clock = candidates[0]!;
  const better = candidates.filter(({ hours }) => hours >= clock.hours + 2);
  const order = better.toSorted((a, b) => b.hours - a.hours || b.margin - a.margin || b.start - a.start);
  return order[0]?.start ?? 0;
}

/** One list for each stretch. */
export function stretches(counts: Counts, deviceOn: readonly number[], bin: number): number[][] {
  const start = bin === 3600 ? offset(counts.map(({ second }) => second)) : 0;
  const times = counts.map(({ second }) => second).sort((a, b) => a - b);
  const own = [...new Set(times.map((time) => Math.floor(time / bin)))];
  const talkative = 5 * own.filter((hour) => deviceOn.includes(hour)).length >= 4 * own.length;
  let from = start + Math.floor((times[0]! - start) / bin) * bin;
  const found: number[][] = [[]];
  for (; from <= times.at(-1)!; from += bin) {
    const to = from + bin;
    const inside = counts.filter(({ second }) => second >= from && second < to);
    const on = deviceOn.some((hour) => hour * bin < to && (hour + 1) * bin > from);
    if (inside.length > 0 || !talkative || on) found.at(-1)!.push(inside.reduce((all, { count }) => all + count, 0));
    else found.push([]);
  }
  return found.filter((stretch) => stretch.length > 0);
}

export interface SlowView {
  readonly value: number;
  readonly n: number;
  readonly score: number;
}

export interface Slow {
  readonly views: Readonly<Record<string, SlowView>>;
  readonly best: string;
  readonly score: number;
  readonly interval: number;
  readonly jitter: number;
  readonly on: readonly number[];
  readonly x: readonly number[];
  readonly offset: number;
}

export function regularity(counts: Counts, deviceOn: readonly number[], bin: number): Slow | null {
  if (counts.length < 5) return null;
  const parts = stretches(counts, deviceOn, bin);
  const on = parts.flat();
  const inner = parts.map((part) => (part.length >= 4 ? part.filter((_c, i) => i > 0 && i < part.length - 1) : part));
  const x = inner.flat();

  const views: [name: string, value: Fraction, n: Fraction, k: number][] = [];
  const dispersion = dispersionOf(x);
  if (dispersion !== null) {
    const { ratio, f } = dispersion;
    const value = ratio.minus(f).over(ONE.minus(f)).orAtLeast(ZERO);
    views.push(['spread', value, of(x.length).times(square(ONE.minus(f))), 5]);
  }
  const t = inOrder(
    inner.flatMap((part) =>
      part.slice(1).flatMap((b, i) => (part[i]! + b > 0 ? [of((part[i]! - b) ** 2, part[i]! + b)] : [])),
    ),
  );
  if (t.length > 0) {
    const smallest = t.filter((_value, index) => index < t.length - Math.floor(t.length / 3));
    views.push(['steps', average(smallest).over(of(27_487, 100_000)), of(t.length), 5]);
  }
  const contacts = on.flatMap((count, index) => (count > 0 ? [index] : []));
  const gaps = contacts.slice(1).map((at, i) => of(at - contacts[i]!));
  if (gaps.length >= 4 && !average(gaps).isBelow(of(5, 4))) {
    const m = average(gaps);
    const value = sum(gaps.map((gap) => square(gap.minus(m))))
      .over(of(gaps.length - 1))
      .over(m.times(m.minus(ONE)));
    views.push(['gaps', value, of(gaps.length), 3]);
  }
  if (views.length === 0) return null;

  let best = views[0]!;
  let score = new Fraction(-1);
  for (const view of views) {
    const [, value, n, k] = view;
    const own = n
      .times(ONE.minus(value))
      .over(n.plus(of(k)))
      .orAtLeast(ZERO);
    if (score.isBelow(own)) [best, score] = [view, own];
  }
  return {
    views: Object.fromEntries(
      views.map(([name, value, n, k]) => {
        const own = n
          .times(ONE.minus(value))
          .over(n.plus(of(k)))
          .orAtLeast(ZERO);
        return [name, { value: value.toNumber(), n: n.toNumber(), score: own.toNumber() }];
      }),
    ),
    best: best[0],
    score: score.toNumber(),
    ...rhythm(x, gaps, best[0], best[1], bin),
    on,
    x,
    offset: bin === 3600 ? offset(counts.map(({ second }) => second)) / 60 : 0,
  };
}

function dispersionOf(x: readonly number[]): { ratio: Fraction; f: Fraction } | null {
  const values = x.map((count) => of(count));
  const m = values.length < 3 ? ZERO : average(values);
  if (!ZERO.isBelow(m)) return null;
  const u = m.minus(m.floor());
  const f = u.times(ONE.minus(u)).over(m);
  if (of(3, 5).isBelow(f)) return null;
  const ratio = sum(values.map((value) => square(value.minus(m))))
    .over(of(x.length - 1))
    .over(m);
  return { ratio, f };
}

function rhythm(x: readonly number[], gaps: readonly Fraction[], best: string, value: Fraction, bin: number) {
  const middle = (values: readonly Fraction[]) => {
    const quarter = (values.length - (values.length % 4)) / 4;
    return average(inOrder(values).filter((_value, index) => index >= quarter && index < values.length - quarter));
  };
  const root = (variance: Fraction) => Math.sqrt(3 * variance.orAtLeast(ZERO).toNumber());
  const total = x.reduce((all, count) => all + count, 0);
  if (best === 'gaps' || 2 * total < x.length) {
    const g = middle(gaps);
    const variance = average(gaps.map((gap) => square(gap.minus(g)))).minus(of(1, 6));
    return { interval: g.times(of(bin)).toNumber(), jitter: Math.min(0.9, root(variance) / g.toNumber()) };
  }
  const values = x.map((count) => of(count));
  const m = average(values);
  const rate = total >= 2 * x.length ? middle(values.filter((count) => ZERO.isBelow(count))) : m;
  const r =
    best === 'steps'
      ? value
      : sum(values.map((each) => square(each.minus(m))))
          .over(of(x.length - 1))
          .over(m);
  const variance = r.minus(ONE.over(rate.times(of(6))));
  return { interval: of(bin).over(rate).toNumber(), jitter: Math.min(0.9, root(variance)) };
}

/** p of a session: the density of χ² integrated by Simpson's rule, over v = √(t/x), where it is smooth. */
export function sessionP(x: readonly number[]): number {
  const m = x.reduce((total, count) => total + count, 0) / x.length;
  if (x.length < 4 || m < 4) return 1;
  const u = m % 1;
  const f = (u * (1 - u)) / m;
  let squares = 0;
  for (const count of x) squares += (count - m) ** 2 / m;
  const s = Math.max(0.001, Math.max(0, squares - f * (x.length - 1)) / (1 - f));
  return chiSquare(x.length - 1, s);
}

export function chiSquare(degrees: number, s: number): number {
  const x = s / 2;
  const STEPS = 4_000;
  // ∫ of 2·v^(degrees − 1)·e^(x(1 − v²)) over 0 … 1, times x^a·e^(−x)/Γ(a).
  let integral = 0;
  for (let i = 0; i <= STEPS; i++) {
    const v = i / STEPS;
    const weight = i === 0 || i === STEPS ? 1 : i % 2 === 1 ? 4 : 2;
    integral += weight * 2 * v ** (degrees - 1) * Math.exp(-x * v * v);
  }
  let gamma = degrees % 2 === 0 ? 1 : Math.sqrt(Math.PI);
  for (let a = degrees % 2 === 0 ? 1 : 0.5; a < degrees / 2; a++) gamma *= a;
  return ((integral / (3 * STEPS)) * x ** (degrees / 2)) / gamma;
}
