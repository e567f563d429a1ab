/**
 * Checks names and places: one exported name has one meaning; each file lies in a folder of the layout
 * (docs/architecture.md); and biome.json has a rule of imports for each folder. Ends with 1, and a list, where that does not
 * hold. Part of `npm run lint`.
 */
import { globSync, readFileSync } from 'node:fs';

/** Names that several files export with the same meaning, and why. */
const SAME_MEANING: Readonly<Record<string, string>> = {
  bench: 'the entry point of each benchmark, which bench/run.ts calls',
  mean: 'the mean; benchmarks do not use the functions that they measure',
  median: 'the median; benchmarks do not use the functions that they measure',
};

const ROOT_FILES = ['src/app.ts', 'src/config.ts', 'src/score_config.ts'];
const FOLDERS = [
  'src/cli',
  'src/cli/commands',
  'src/cli/output',
  'src/core/detections',
  'src/core/kql',
  'src/core/records',
  'src/core/regularity',
  'src/core/scoring',
  'src/core/sources',
  'src/core/text',
  'src/detections',
  'src/http',
  'src/http/schemas',
  'src/ingest',
  'src/logging',
  'src/notify',
  'src/notify/sinks',
  'src/operations',
  'src/reading',
  'src/reading/containers',
  'src/scoring',
  'src/scoring/context',
  'src/scoring/count_files',
  'src/settings',
  'src/storage',
  'src/storage/azure',
  'src/storage/memory',
  'src/storage/ports',
  'src/use_cases',
  'src/web',
  'tools/local',
  'tools/sample',
  'tools/sample/envelopes',
];
const VAGUE = /(^|\/)(utils?|helpers?|common|types)(\.ts|\/)/;

/** A declaration that is exported: of a value, a class or a type. */
const EXPORTED =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type|enum) ([\w$]+)/gm;
/** `export { a, b as c }`, from this file or from another one. */
const LISTED = /^export (?:type )?\{([^}]*)\}/gm;

// Tests are not checked: a slow twin has the name of what it is the twin of.
// bench/rivals can have packages of its own.
const files = globSync('{bin,functions,src,tools,scripts,bench}/**/*.ts', {
  exclude: (path) => path.endsWith('node_modules'),
}).map((file) => file.replaceAll('\\', '/'));
const problems = [...misplaced(files), ...withoutRule(files), ...repeated(files)];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(
  `${files.length} files: each in its folder, each folder with a rule of imports, no exported name with two meanings.`,
);

function misplaced(all: readonly string[]): string[] {
  const wrong = all.filter((file) => {
    if (VAGUE.test(file)) return true;
    return /^(src|tools)\//.test(file) && !ROOT_FILES.includes(file) && !FOLDERS.includes(folderOf(file));
  });
  return wrong.map((file) => `${file}: no such place in the layout of docs/architecture.md`);
}

/** Folders whose files may import anything: biome.json has no override with `noRestrictedImports` for them. */
function withoutRule(all: readonly string[]): string[] {
  const { overrides } = JSON.parse(readFileSync('biome.json', 'utf8')) as {
    readonly overrides: readonly { readonly includes: readonly string[]; readonly linter?: LinterRules }[];
  };
  const ruled = overrides.filter(({ linter }) => linter?.rules?.style?.['noRestrictedImports'] !== undefined);
  const includes = new Set(ruled.flatMap((override) => override.includes));
  const folders = new Set(all.filter((file) => /^(src|tools|bin|functions)\//.test(file)).map(folderOf));
  return [...folders]
    .filter((folder) => (folder === 'src' ? ROOT_FILES : [`${folder}/*.ts`]).some((path) => !includes.has(path)))
    .map((folder) => `${folder}: biome.json does not say what its files may import`);
}

interface LinterRules {
  readonly rules?: { readonly style?: Readonly<Record<string, unknown>> };
}

function repeated(all: readonly string[]): string[] {
  const places = new Map<string, Set<string>>();
  for (const file of all) {
    for (const name of exportedNames(readFileSync(file, 'utf8'))) {
      places.set(name, (places.get(name) ?? new Set()).add(file));
    }
  }
  const several = [...places].filter(([name, where]) => where.size > 1 && SAME_MEANING[name] === undefined);
  return several.map(([name, where]) => `${name} is exported by ${[...where].sort().join(', ')}: rename all but one`);
}

function exportedNames(text: string): string[] {
  const declared = [...text.matchAll(EXPORTED)].map(([, name = '']) => name);
  const listed = [...text.matchAll(LISTED)].flatMap(([, names = '']) => names.split(','));
  const renamed = listed.map((each) => each.trim().replace(/^type /, '')).filter((each) => each !== '');
  return [...declared, ...renamed.map((each) => each.split(' as ').at(-1) ?? each)];
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf('/'));
}
