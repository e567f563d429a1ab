import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';

/**
 * Joins the chunks that these modules always load, and the entry does not, into one file, `beaconwatch-core.js`. esbuild makes a chunk for each set of
 * commands that share code, and Node takes as long for a file as for some 20 KB of code. Of each chunk a file stays that exports
 * the same names from the joined one, for what else imports it. `options`: those of the first build.
 */
export async function joinChunks(
  { outputs }: Metafile,
  entry: string,
  modules: readonly string[],
  outdir: string,
  options: BuildOptions,
): Promise<void> {
  // What the entry imports is loaded before compiled code is kept.
  const early = closureOf(outputs, [entry]);
  const paths = [...closureOf(outputs, modules)].filter((path) => !early.has(path)).map((path) => resolve(path));
  const chunks = paths.map((path, index) => {
    const names = outputs[Object.keys(outputs).find((each) => resolve(each) === path) ?? '']?.exports ?? [];
    return { path, file: `./${basename(path)}`, names: names.map((name) => [name, `c${index}_${name}`] as const) };
  });
  const contents = chunks.map(
    ({ file, names }) =>
      `export { ${names.map(([name, joined]) => `${name} as ${joined}`).join(', ')} } from '${file}';`,
  );
  const core = join(outdir, CORE);
  const inCore = new Set(paths);
  const banner = options.banner?.['js'] ?? '';
  await build({
    ...options,
    legalComments: 'inline',
    // Node copies the text four times on its way to V8. Short lines and all names: a stack names a function and a place.
    minifyWhitespace: true,
    lineLimit: 100,
    outfile: core,
    stdin: { contents: contents.join('\n'), resolveDir: outdir },
    plugins: [
      {
        name: 'chunks',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^\.\/beaconwatch/ }, ({ path, kind }) => {
            const file = resolve(outdir, path);
            // Code with an import of its own within the file would be wrapped in a function, module by module.
            return kind !== 'dynamic-import' && inCore.has(file) ? { path: file } : { path, external: true };
          });
          onResolve({ filter: /^[^.]/ }, ({ path }) => ({ path, external: true }));
          onLoad({ filter: /beaconwatch/ }, async ({ path }) => {
            // The joined file has the banner once.
            const contents = (await readFile(path, 'utf8')).replace(banner, '');
            return { contents, loader: 'js' };
          });
        },
      },
    ],
  });
  for (const { path, names } of chunks) {
    const all = names.map(([name, joined]) => `${joined} as ${name}`).join(', ');
    await writeFile(path, `export { ${all} } from './${CORE}';\n`);
    await rm(`${path}.map`, { force: true });
  }
}

const CORE = 'beaconwatch-core.js';

/** The outputs that hold these modules as entries, and all that these import at once. */
function closureOf(outputs: Metafile['outputs'], modules: readonly string[]): Set<string> {
  const closure = new Set<string>();
  const add = (path: string) => {
    if (closure.has(path) || outputs[path] === undefined) return;
    closure.add(path);
    for (const each of outputs[path].imports) if (each.kind === 'import-statement') add(each.path);
  };
  for (const [path, { entryPoint }] of Object.entries(outputs))
    if (entryPoint !== undefined && modules.includes(entryPoint)) add(path);
  return closure;
}
