/**
 * Starts a stopwatch, which returns the milliseconds since. The global `performance` has the same clock, and its first use loads ten modules
 * of Node.
 */
export function stopwatch(): () => number {
  const started = process.hrtime();
  return () => {
    const [seconds, nanoseconds] = process.hrtime(started);
    return seconds * 1000 + nanoseconds / 1e6;
  };
}
