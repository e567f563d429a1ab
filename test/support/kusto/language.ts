import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * Microsoft's own parser and binder of KQL, npm `@kusto/language-service-next` (MIT). It was compiled from C# by
 * Bridge.NET, which puts `Bridge`, `System` and `Kusto` into the global scope.
 */
const require = createRequire(import.meta.url);
require('@kusto/language-service-next/bridge.min.js');
require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');

/** A part of a query's tree. */
export interface SyntaxNode {
  readonly Text?: string;
  readonly ValueText?: string;
  readonly IsToken: boolean;
  readonly ChildCount: number;
  GetChild(index: number): SyntaxNode | null;
  toString(): string;
}

interface Diagnostic {
  readonly Severity: string;
  readonly Start: number;
  readonly Message: string;
}

interface Code {
  readonly Syntax: SyntaxNode;
  GetDiagnostics(): { readonly Count: number; getItem(index: number): Diagnostic };
}

interface KustoGlobals {
  readonly Bridge: { getTypeName(value: unknown): string };
  readonly Kusto: {
    readonly Language: {
      readonly KustoCode: { Parse(query: string): Code; ParseAndAnalyze(query: string, globals: unknown): Code };
      readonly GlobalState: { readonly Default: { WithDatabase(database: unknown): unknown } };
      readonly Symbols: {
        readonly TableSymbol: { From(schema: string): { WithName(name: string): unknown } };
        readonly DatabaseSymbol: { readonly ctor: new (name: string, tables: readonly unknown[]) => unknown };
      };
    };
  };
}

const { Bridge, Kusto } = globalThis as unknown as KustoGlobals;
const { Symbols, GlobalState, KustoCode } = Kusto.Language;

/** Columns and their types by the names of tables. */
export type Tables = Readonly<Record<string, Readonly<Record<string, string>>>>;

const PUBLISHED = new URL('../../fixtures/schemas/kusto-tables.json', import.meta.url);

/** What Microsoft publishes: of a Log Analytics workspace (Sentinel), and of advanced hunting in Defender. */
export const { azureMonitor: SENTINEL, defender: DEFENDER } = JSON.parse(readFileSync(PUBLISHED, 'utf8')) as {
  readonly azureMonitor: Tables;
  readonly defender: Tables;
};

/** The table of our own rows, as infra/sentinel deploys it, with the columns that each table has. */
export function beaconwatchTable(): Tables {
  const file = fileURLToPath(new URL('../../../infra/sentinel/columns.json', import.meta.url));
  const columns = JSON.parse(readFileSync(file, 'utf8')) as readonly { readonly name: string; readonly type: string }[];
  const all = [...columns, { name: 'TenantId', type: 'string' }, { name: 'Type', type: 'string' }];
  return { Beaconwatch_CL: Object.fromEntries(all.map(({ name, type }) => [name, type])) };
}

/** A query as Microsoft's parser reads it, its names not looked up. */
export function parse(query: string) {
  return readOf(KustoCode.Parse(query), query);
}

/** Parses and binds queries against these tables. */
export function kustoOf(tables: Tables) {
  const symbols = Object.entries(tables).map(([name, columns]) => {
    const schema = Object.entries(columns).map(([column, type]) => `['${column}']: ${type}`);
    return Symbols.TableSymbol.From(`(${schema.join(', ')})`).WithName(name);
  });
  const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor('database', symbols));
  return (query: string) => readOf(KustoCode.ParseAndAnalyze(query, globals), query);
}

function readOf(code: Code, query: string) {
  const found = code.GetDiagnostics();
  const diagnostics = Array.from({ length: found.Count }, (_, n) => found.getItem(n));
  return {
    syntax: code.Syntax,
    /** Each as `line 3: The name 'x' does not refer to any known column`; none where the query is right. */
    faults: diagnostics.map(({ Start, Message }) => `line ${query.slice(0, Start).split('\n').length}: ${Message}`),
  };
}

/** The class of a node, as the library's own source calls it: `BinaryExpression`. */
export function kindOf(node: SyntaxNode): string {
  return Bridge.getTypeName(node).replace(/`.*/, '').replace(/^.*\./, '');
}

/** The parts of a node, lists of them laid open, tokens among them. */
export function partsOf(node: SyntaxNode): SyntaxNode[] {
  return Array.from({ length: node.ChildCount }, (_, n) => node.GetChild(n))
    .filter((child) => child !== null)
    .flatMap((child) => (/^(SyntaxList|SeparatedElement)$/.test(kindOf(child)) ? partsOf(child) : [child]));
}
