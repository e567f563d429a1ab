/**
 * The sentence for a Node that is too old; null where it is recent. `engines` is the range of package.json, `>=22.12`.
 * `nodeFault('20.1.0', '>=22.12')` is `Beaconwatch needs Node 22.12 or later; this is Node 20.1.0.`
 */
export function nodeFault(running: string, engines: string): string | null {
  const needed = engines.replace('>=', '');
  const [major = 0, minor = 0] = running.split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = needed.split('.').map(Number);
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return null;
  return `Beaconwatch needs Node ${needed} or later; this is Node ${running}.`;
}
