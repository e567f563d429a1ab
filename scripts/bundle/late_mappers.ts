import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/**
 * The clients of blobs and tables describe each operation of the service in objects, 250 KB of text: paths, parameters, and every member of every
 * answer. They make all of them when they are loaded, and an app calls a dozen operations. Here each one is made when it is first used.
 * The text is generated and regular: another form fails the build.
 */
export const lateMappers: Plugin = {
  name: 'late-mappers',
  setup(build) {
    build.onLoad(
      { filter: /[\\/]@azure[\\/](?:storage-blob|data-tables)[\\/]dist[\\/]esm[\\/].*\.js$/ },
      async ({ path }) => {
        const text = await readFile(path, 'utf8');
        if (TABLE.test(path)) return { contents: lateTable(text, path) };
        return text.includes('models/mappers.js') ? { contents: lateOperations(text, path) } : null;
      },
    );
  },
};

const TABLE = /[\\/]models[\\/](?:mappers|parameters)\.js$/;
/** `import { KeyInfo as KeyInfoMapper, … } from "../models/mappers.js";` */
const IMPORTED = /^import \{([^}]*)\} from ("\.\.\/models\/mappers\.js");$/m;
const IMPORTED_WHOLE = /^import \* as (Mappers|Parameters) from (".*\/models\/(?:mappers|parameters)\.js");$/gm;
const EXPORTED = /^export const (\w+) = (\{\n[\s\S]*?^\});$/gm;
const OPERATION = /^const (\w+OperationSpec) = (\{\n[\s\S]*?^\});$/gm;

/** A module of exported objects, as one object with a getter for each. */
export function lateTable(text: string, path: string): string {
  const imported = IMPORTED.exec(text);
  let table = text.replace(IMPORTED, 'import Mappers from $2;');
  for (const each of imported?.[1]?.split(',') ?? []) {
    const [, name, local] = /^\s*(\w+) as (\w+)\s*$/.exec(each) ?? [];
    if (local !== undefined) table = table.replaceAll(new RegExp(`: ${local}(?=,?$)`, 'gm'), `: Mappers.${name}`);
    if (each.trim() !== '' && (local === undefined || new RegExp(`\\b${local}\\b`).test(table)))
      throw unknownForm(path);
  }
  const getters: string[] = [];
  const rest = table.replace(EXPORTED, (_, name: string, object: string) => {
    // Some mappers hold the members of another one.
    const own = object.replaceAll(/\.\.\.(\w+)\.type\.modelProperties/g, '...all.$1.type.modelProperties');
    getters.push(`get ${name}() { return (made.${name} ??= ${own}); },`);
    return '';
  });
  if (getters.length === 0 || /^export /m.test(rest)) throw unknownForm(path);
  return [rest, 'const made = {};', 'const all = {', ...getters, '};', 'export default all;'].join('\n');
}

/** A module of operations, which asks such tables when an operation is first called. */
export function lateOperations(text: string, path: string): string {
  const names: string[] = [];
  let operations = text
    .replace(IMPORTED_WHOLE, 'import $1 from $2;')
    .replace(OPERATION, (_, name: string, object: string) => {
      names.push(name);
      return `let made_${name};\nconst ${name} = () => (made_${name} ??= ${object});`;
    });
  for (const name of names) {
    const parts = operations.split(`, ${name});`);
    // Its definition, and one call.
    if (parts.length !== 2 || operations.match(new RegExp(`\\b${name}\\b`, 'g'))?.length !== 2) throw unknownForm(path);
    operations = parts.join(`, ${name}());`);
  }
  if (/import (?!\w+ from ).*models\/(?:mappers|parameters)/.test(operations)) throw unknownForm(path);
  return operations;
}

function unknownForm(path: string): Error {
  return new Error(`${path}: not of the form that scripts/bundle/late_mappers.ts knows`);
}
