/** The probability that chance gives a whole number of connections in an hour (Poisson). */
export function poissonShare(count: number, mean: number): number {
  if (count < 0) return 0;
  if (mean > LARGE) return normal(count - mean, mean);
  let logarithm = -mean;
  for (let factor = 1; factor <= count; factor++) logarithm += Math.log(mean / factor);
  return Math.exp(logarithm);
}

/** The probability of a step between two hours by chance: normal, with the variance of both. */
export function normalStep(step: number, mean: number): number {
  return normal(step, 2 * mean);
}

/** The probability of a distance of `hours` (1 or more) between two hours with a contact, by chance (geometric). */
export function geometric(hours: number, mean: number): number {
  if (hours < 1 || mean <= 1) return hours === 1 && mean <= 1 ? 1 : 0;
  const probability = 1 / mean;
  return probability * (1 - probability) ** (hours - 1);
}

/** From here on the normal distribution is as good for a picture. */
const LARGE = 200;

function normal(distance: number, variance: number): number {
  return Math.exp((-distance * distance) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);
}
