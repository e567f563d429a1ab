#!/usr/bin/env node
import about from '../package.json' with { type: 'json' };
import { keepCompiledCode } from '../src/cli/compile_cache.ts';
import { nodeFault } from '../src/cli/node_version.ts';

// A reader such as `head` may close the pipe before the end: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const fault = nodeFault(process.versions.node, about.engines.node);
if (fault === null) {
  keepCompiledCode(process.env, process.platform);
  // Imported only now: an old Node cannot load the rest.
  const { main } = await import('./main.ts');
  process.exitCode = await main(process.argv.slice(2), process);
} else {
  process.stderr.write(`${fault}\n`);
  process.exitCode = 1;
}
