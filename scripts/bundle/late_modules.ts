import { builtinModules } from 'node:module';
import type { Plugin } from 'esbuild';

/**
 * Modules of Node that our own code loads when it first calls one of their functions, by the names that are imported. A name
 * that is not listed fails the build.
 */
const LATE: Readonly<Record<string, readonly string[]>> = {
  'node:child_process': ['spawn'],
  'node:crypto': ['createHash', 'hash', 'randomBytes', 'randomUUID', 'timingSafeEqual'],
  'node:util': ['isDeepStrictEqual', 'promisify', 'stripVTControlCharacters', 'styleText'],
  'node:v8': ['getHeapStatistics', 'setFlagsFromString'],
};

/** Our own code, and the library that reads the arguments. */
const OWN = /^(?!.*[\\/]node_modules[\\/])|[\\/]node_modules[\\/]commander[\\/]/;
const OF_OURS = '?ours';
const OF_PACKAGES = '?packages';
const NAMESPACE = 'late-module';
const BUILT_IN = new Set(builtinModules.map((name) => `node:${name.replace(/^node:/, '')}`));

/**
 * Imports modules of Node without the rest of what they would load. An import statement reads all members of a module: of `fs`
 * also `promises`, which loads the streams and the reader of lines, and of `http` the WebSocket, which loads an HTTP client
 * of 400 KB. Here a module is asked for the members that are used.
 */
export const lateModules: Plugin = {
  name: NAMESPACE,
  setup(build) {
    build.onResolve({ filter: /^/ }, ({ path, importer, namespace, kind }) => {
      const module = `node:${path.replace(/^node:/, '')}`;
      if (namespace !== 'file' || kind !== 'import-statement' || !BUILT_IN.has(module)) return null;
      // Two modules: members that packages ask for are no work of the start without these packages.
      const suffix = OWN.test(importer) ? OF_OURS : OF_PACKAGES;
      return { path: module, namespace: NAMESPACE, suffix, sideEffects: false, pluginData: suffix };
    });
    build.onLoad({ filter: /^/, namespace: NAMESPACE }, async ({ path, pluginData }) => {
      const late = pluginData === OF_OURS ? LATE[path] : undefined;
      return { contents: late === undefined ? await textOf(path) : lateTextOf(path, late) };
    });
  },
};

/** Functions that load the module. */
function lateTextOf(module: string, names: readonly string[]): string {
  return [
    'let loaded;',
    `const whole = () => (loaded ??= process.getBuiltinModule('${module}'));`,
    ...names.map((name) => `export const ${name} = (...args) => whole().${name}(...args);`),
    `export default { ${names.join(', ')} };`,
  ].join('\n');
}

async function textOf(module: string): Promise<string> {
  const names = Object.keys((await import(module)) as object).filter((name) => name !== 'default');
  return [
    // The build leaves out what is not used.
    `const whole = /* @__PURE__ */ process.getBuiltinModule('${module}');`,
    'const member = (name) => whole[name];',
    ...names.map((name) => `export const ${name} = /* @__PURE__ */ member('${name}');`),
    'export default whole;',
  ].join('\n');
}
