import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { Language, type Node, Parser } from 'web-tree-sitter';
import { REPO } from '../../support/bundle/child.ts';

/** One Bicep file, as far as its syntax tells. */
export interface Template {
  /** From the repo's root: `infra/main.bicep`. */
  readonly path: string;
  readonly text: string;
  readonly root: Node;
  readonly params: readonly { readonly name: string; readonly hasDefault: boolean }[];
  readonly outputs: readonly { readonly name: string; readonly value: string }[];
  readonly resources: readonly { readonly symbol: string; readonly type: string; readonly version: string }[];
  readonly modules: readonly { readonly symbol: string; readonly path: string; readonly params: readonly string[] }[];
  /** Files that it loads, from the repo's root. */
  readonly loads: readonly string[];
}

await Parser.init();
const require = createRequire(import.meta.url);
const wasm = join(dirname(require.resolve('tree-sitter-bicep/package.json')), 'tree-sitter-bicep.wasm');
const bicep = await Language.load(wasm);

export function parse(text: string): Node {
  const parser = new Parser();
  parser.setLanguage(bicep);
  const tree = parser.parse(text);
  if (tree === null) throw new Error('no tree');
  return tree.rootNode;
}

/** All nodes below, in order of the text. */
export function* nodesOf(node: Node): Generator<Node> {
  yield node;
  for (const child of node.children) yield* nodesOf(child);
}

/** What the parser could not make sense of: `12:3 ERROR …`. */
export function faultsOf(root: Node): string[] {
  return [...nodesOf(root)]
    .filter(({ isError, isMissing }) => isError || isMissing)
    .map(({ startPosition: { row, column }, type, text }) => `${row + 1}:${column} ${type} ${text.slice(0, 60)}`);
}

/** The text of a string literal without its quotes. */
export function literal(node: Node | undefined): string {
  return node?.text.replace(/^'{1,3}|'{1,3}$/g, '') ?? '';
}

export function files(folder: string, suffix: string): string[] {
  return readdirSync(join(REPO, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(suffix))
    .map((name) => join(folder, name))
    .sort();
}

export const TEMPLATES: readonly Template[] = files('infra', '.bicep').map((path) =>
  readTemplate(path, readFileSync(join(REPO, path), 'utf8')),
);
export const MAIN = TEMPLATES.find(({ path }) => path === 'infra/main.bicep') as Template;

export function readTemplate(path: string, text: string): Template {
  const root = parse(text);
  const declared = (type: string) => root.namedChildren.filter((node): node is Node => node?.type === type);
  const beside = (name: string) => normalize(join(dirname(path), name));
  const symbolOf = (node: Node) => node.namedChildren[0]?.text ?? '';
  return {
    path,
    text,
    root,
    params: declared('parameter_declaration').map((node) => ({
      name: symbolOf(node),
      hasDefault: node.namedChildren.length > 2,
    })),
    outputs: declared('output_declaration').map((node) => ({
      name: symbolOf(node),
      value: node.namedChildren.at(-1)?.text ?? '',
    })),
    resources: declared('resource_declaration').map((node) => {
      const [type = '', version = ''] = literal(node.namedChildren[1] as Node).split('@');
      return { symbol: symbolOf(node), type, version };
    }),
    modules: declared('module_declaration').map((node) => ({
      symbol: symbolOf(node),
      path: beside(literal(node.namedChildren[1] as Node)),
      params: propertiesOf(propertyOf(bodyOf(node), 'params')),
    })),
    loads: [...nodesOf(root)]
      .filter(({ type, text: call }) => type === 'call_expression' && /^load(Json|Text|Yaml)Content\(/.test(call))
      .map((call) => beside(/'([^']+)'/.exec(call.text)?.[1] ?? '')),
  };
}

/** The object that a declaration describes, also below `if` and `for`. */
export function bodyOf(declaration: Node): Node | undefined {
  return [...nodesOf(declaration)].find(({ type, parent }) => type === 'object' && parent?.type !== 'decorator');
}

/** The value of a property of an object. */
export function propertyOf(object: Node | undefined, name: string): Node | undefined {
  const property = object?.namedChildren.find(
    (node) => node?.type === 'object_property' && literal(node.namedChildren[0] as Node) === name,
  );
  return property?.namedChildren.at(-1) ?? undefined;
}

/** Names of the properties of an object. */
export function propertiesOf(object: Node | undefined): string[] {
  return (object?.namedChildren ?? [])
    .filter((node) => node?.type === 'object_property')
    .map((node) => literal(node?.namedChildren[0] as Node));
}

/** A declaration of this symbol. */
export function declarationOf(template: Template, symbol: string): Node | undefined {
  return template.root.namedChildren.find((node) => node?.namedChildren[0]?.text === symbol) ?? undefined;
}
