// Loaded into a measured process (node --require): at its end it tells what it took on file descriptor 3.
const { readFileSync, writeSync } = require('node:fs');

process.once('exit', () => {
  // Its threads load this file, too.
  if (!require('node:worker_threads').isMainThread) return;
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  writeSync(3, JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1000, peakMb: peakMb(maxRSS) }));
});

// maxRSS also holds what the parent had when it started us; VmHWM, where there is one, is our own. Both in KiB.
function peakMb(maxRSS) {
  try {
    const own = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync('/proc/self/status', 'latin1'));
    return (Number(own[1]) * 1024) / 1e6;
  } catch {
    return (maxRSS * 1024) / 1e6;
  }
}
