import type { Plugin } from 'esbuild';

/**
 * Node's modules that the command line loads when it first calls one of their functions, by the names that are imported. A name
 * that is not listed fails the build.
 */
const LATE: Readonly<Record<string, readonly string[]>> = {
  'node:child_process': ['spawn'],
  'node:crypto': ['createHash', 'hash', 'randomBytes', 'randomUUID', 'timingSafeEqual'],
  'node:util': ['isDeepStrictEqual', 'promisify', 'stripVTControlCharacters', 'styleText'],
  'node:v8': ['getHeapStatistics', 'setFlagsFromString'],
};
/** An import of a module reads all its members: of `fs` also `promises`, which loads the streams and the reader of lines. */
const REQUIRED = ['node:fs'];

/** Our own code, and the library that reads the arguments. Other packages take what they want of a module. */
const IMPORTERS = /^(?!.*[\\/]node_modules[\\/])|[\\/]node_modules[\\/]commander[\\/]/;
const NAMESPACE = 'late-module';

/** With all that these modules load, a start takes a third longer. */
export const lateModules: Plugin = {
  name: NAMESPACE,
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path, importer, namespace, kind }) =>
      namespace === 'file' && kind === 'import-statement' && IMPORTERS.test(importer) && isKnown(path)
        ? { path, namespace: NAMESPACE, sideEffects: false }
        : null,
    );
    build.onLoad({ filter: /^/, namespace: NAMESPACE }, async ({ path }) => ({ contents: await textOf(path) }));
  },
};

function isKnown(module: string): boolean {
  return module === 'node:process' || module in LATE || REQUIRED.includes(module);
}

async function textOf(module: string): Promise<string> {
  // The global is the module. An import of it makes the standard streams.
  if (module === 'node:process') return 'export default process;';
  const late = LATE[module];
  if (late !== undefined) {
    const functions = late.map((name) => `export const ${name} = (...args) => whole().${name}(...args);`);
    return [
      'let loaded;',
      `const whole = () => (loaded ??= process.getBuiltinModule('${module}'));`,
      ...functions,
      `export default { ${late.join(', ')} };`,
    ].join('\n');
  }
  const names = Object.keys((await import(module)) as object).filter(
    (name) => name !== 'default' && name !== 'promises',
  );
  const members = names.map((name) => `export const ${name} = /* @__PURE__ */ member('${name}');`);
  const whole = `process.getBuiltinModule('${module}')`;
  return [`const member = (name) => ${whole}[name];`, ...members, `export default ${whole};`].join('\n');
}
