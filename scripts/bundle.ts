import type { BuildOptions } from 'esbuild';

/** How everything that ships, or is measured as it ships, is bundled. */
export const COMMON: BuildOptions = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  sourcemap: true,
  legalComments: 'linked',
  logLevel: 'warning',
  // Packages that are CommonJS ask for `require`, which an ES module does not have: a bundle without it builds, and dies
  // at its start. The name must not collide with theirs.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  // It has one registry; its two builds, one for import and one for require, would have one each.
  alias: {
    '@azure/functions-extensions-base':
      './node_modules/@azure/functions-extensions-base/dist/azure-functions-extensions-base.js',
  },
};
