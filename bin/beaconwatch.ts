#!/usr/bin/env node
import about from '../package.json' with { type: 'json' };
import { keepCompiledCode } from '../src/cli/compile_cache.ts';
import { nodeFault } from '../src/cli/node_version.ts';

const fault = nodeFault(process.versions.node, about.engines.node);
if (fault === null) {
  keepCompiledCode(process.env, process.platform);
  // Imported only now: an old Node cannot load the rest.
  const { runProcess } = await import('./main.ts');
  await runProcess(process);
} else {
  process.stderr.write(`${fault}\n`);
  process.exitCode = 1;
}
