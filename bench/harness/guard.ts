type Work = () => unknown;

const PAIRS = 5;
const WARM_UP = 3;
const THRESHOLD = 1.25;
/** A ratio that is too high is measured again, so many times in all: noise does not repeat itself. */
const TRIES = 3;

/**
 * What ours takes, in times of what the floor takes: the best of five of each, turn by turn, after some that warm both up. In
 * CPU time, which a busy machine lengthens least.
 */
export async function bestRatio(ours: Work, floor: Work, now: () => number = cpuMs): Promise<number> {
  const timed = async (work: Work): Promise<number> => {
    const started = now();
    await work();
    return now() - started;
  };
  let best = { ours: Number.POSITIVE_INFINITY, floor: Number.POSITIVE_INFINITY };
  for (let pair = -WARM_UP; pair < PAIRS; pair++) {
    const taken = { ours: await timed(ours), floor: await timed(floor) };
    if (pair >= 0) best = { ours: Math.min(best.ours, taken.ours), floor: Math.min(best.floor, taken.floor) };
  }
  return best.ours / best.floor;
}

/** The first ratio that is not slower than `normal`; the lowest one where all are. */
export async function ratioAgainst(normal: number, measure: () => Promise<number>): Promise<number> {
  let lowest = Number.NaN;
  for (let tried = 0; tried < TRIES; tried++) {
    const ratio = await measure();
    if (!(ratio >= lowest)) lowest = ratio;
    if (!isSlower(ratio, normal)) return ratio;
  }
  return lowest;
}

/** Whether a ratio lies further above the normal one than noise explains. */
export function isSlower(ratio: number, normal: number): boolean {
  return !(ratio <= THRESHOLD * normal);
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
