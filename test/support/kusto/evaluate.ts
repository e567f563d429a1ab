import ipaddr from 'ipaddr.js';
import { ipv4_is_private } from '../../../src/core/kql/ipv4_is_private.ts';
import { kindOf, parse, partsOf, type SyntaxNode, type Tables } from './language.ts';

/**
 * Runs a query over rows: exactly the operators and functions that our queries use, by Kusto's documentation.
 * Whatever else stands in a query, and a name that is none, is an error. Strings are never null; datetimes are milliseconds since the epoch.
 */
export function evaluatorOf(tables: Tables) {
  const read = new WeakMap<readonly object[], Map<string, Row[]>>();
  /** Many queries ask for the same columns of the same records. */
  const rowsOnce = (name: string, records: readonly object[], query: string) => {
    const columns = Object.entries(tables[name] ?? {}).filter(([column]) => query.includes(column));
    const key = `${name} ${columns.join(' ')}`;
    const known = read.get(records) ?? new Map<string, Row[]>();
    const rows = known.get(key) ?? rowsOf(columns, records);
    read.set(records, known.set(key, rows));
    return rows;
  };
  return (query: string, data: Readonly<Record<string, readonly object[]>>): Row[] => {
    const { faults, syntax } = parse(query);
    if (faults.length > 0) throw new Error(faults.join('\n'));
    const rows = new Map(Object.keys(tables).map((name) => [name, rowsOnce(name, data[name] ?? [], query)]));
    let scope: Scope = new Map();
    for (const statement of partsOf(syntax)) {
      if (kindOf(statement) === 'LetStatement') scope = new Map([...scope, letOf(statement, scope)]);
      else if (kindOf(statement) === 'ExpressionStatement') {
        return tabular(of(partsOf(statement)), rows, scope);
      }
    }
    throw new Error('no expression');
  };
}

export type Value = string | number | boolean | null | object;
export type Row = Readonly<Record<string, Value>>;
type Scalar = (row: Row) => Value;
/** What `let` names: a value, or a function of one argument. */
type Scope = ReadonlyMap<string, Scalar | ((argument: Scalar) => Scalar)>;

/** Rows as the table holds them: of its columns those that a query names, of their types. */
function rowsOf(columns: readonly (readonly [string, string])[], records: readonly object[]): Row[] {
  return records.map((record) => {
    const given = record as Record<string, unknown>;
    return Object.fromEntries(columns.map(([name, type]) => [name, stored(given[name] ?? null, type)]));
  });
}

function stored(value: unknown, type: string): Value {
  switch (type) {
    case 'string':
      return value === null ? '' : String(value);
    case 'datetime':
      return value === null ? null : Date.parse(String(value));
    case 'dynamic':
      // Exports write some of these as text.
      return typeof value === 'string' ? parsed(value) : (value as Value);
    default:
      return value === null || value === '' ? null : Number(value);
  }
}

function tabular(node: SyntaxNode, tables: ReadonlyMap<string, Row[]>, scope: Scope): Row[] {
  const parts = partsOf(node);
  switch (kindOf(node)) {
    case 'PipeExpression':
      return piped(of(parts.slice(2)), tabular(of(parts), tables, scope), scope);
    case 'ParenthesizedExpression':
      return tabular(of(parts.slice(1)), tables, scope);
    case 'NameReference':
      return tables.get(textOf(node)) ?? unknown(node);
    case 'UnionOperator':
      return expressions(parts)
        .filter((part) => kindOf(part) === 'ParenthesizedExpression')
        .flatMap((part) => tabular(part, tables, scope));
    default:
      return unknown(node);
  }
}

function piped(node: SyntaxNode, rows: Row[], scope: Scope): Row[] {
  const parts = expressions(partsOf(node));
  switch (kindOf(node)) {
    case 'FilterOperator': {
      const condition = scalar(of(parts), scope);
      return rows.filter((row) => condition(row) === true);
    }
    case 'ExtendOperator': {
      const columns = parts.map((part) => named(part, scope));
      return rows.map((row) => ({ ...row, ...Object.fromEntries(columns.map(([name, value]) => [name, value(row)])) }));
    }
    case 'ProjectOperator': {
      const columns = parts.map((part) =>
        kindOf(part) === 'NameReference' ? ([textOf(part), scalar(part, scope)] as const) : named(part, scope),
      );
      return rows.map((row) => Object.fromEntries(columns.map(([name, value]) => [name, value(row)])));
    }
    case 'SummarizeOperator':
      return summarized(parts, rows, scope);
    case 'SortOperator': {
      const [column, order] = partsOf(of(parts));
      if (order === undefined || textOf(order) !== 'asc') return unknown(node);
      const key = scalar(of([column]), scope);
      return rows.toSorted((a, b) => Number(key(a)) - Number(key(b)));
    }
    default:
      return unknown(node);
  }
}

function summarized(parts: readonly SyntaxNode[], rows: readonly Row[], scope: Scope): Row[] {
  const clause = of(parts.filter((part) => kindOf(part) === 'SummarizeByClause'));
  const by = expressions(partsOf(clause)).map((part) => [columnOf(part), scalar(part, scope)] as const);
  const groups = Map.groupBy(rows, (row) => JSON.stringify(by.map(([, value]) => value(row))));
  return [...groups.values()].map((group) =>
    Object.fromEntries([
      ...by.map(([name, value]) => [name, value(group[0] as Row)] as const),
      ...parts.filter((part) => part !== clause).map((part) => aggregated(part, group, scope)),
    ]),
  );
}

function aggregated(node: SyntaxNode, rows: readonly Row[], scope: Scope): readonly [string, Value] {
  if (kindOf(node) !== 'SimpleNamedExpression') return unknown(node);
  const [name, , call] = partsOf(node);
  const { called, parameters } = callOf(of([call]));
  const values = () => rows.map(scalar(of(parameters), scope)).filter((value) => value !== null);
  switch (called) {
    case 'count':
      return [textOf(of([name])), rows.length];
    case 'sum':
      return [textOf(of([name])), values().reduce((sum: number, value) => sum + Number(value), 0)];
    case 'countif': {
      const condition = scalar(of(parameters), scope);
      return [textOf(of([name])), rows.filter((row) => condition(row) === true).length];
    }
    case 'make_list':
      return [textOf(of([name])), values()];
    case 'make_set':
      return [textOf(of([name])), [...new Set(values())].slice(0, Number(textOf(of(parameters.slice(1)))))];
    default:
      return unknown(node);
  }
}

function letOf(node: SyntaxNode, scope: Scope): readonly [string, Scalar | ((argument: Scalar) => Scalar)] {
  const [, name, , value] = partsOf(node);
  const declared = of([value]);
  if (kindOf(declared) !== 'FunctionDeclaration') return [textOf(of([name])), scalar(declared, scope)];
  const [parameters, body] = partsOf(declared).map((part) => expressions(partsOf(part)));
  const parameter = textOf(of(partsOf(of(partsOf(of(parameters ?? []))))));
  return [textOf(of([name])), (argument: Scalar) => scalar(of(body ?? []), new Map([...scope, [parameter, argument]]))];
}

function scalar(node: SyntaxNode, scope: Scope): Scalar {
  const parts = partsOf(node);
  switch (kindOf(node)) {
    case 'LiteralExpression':
      return constant(literal(of(parts)));
    case 'NameReference': {
      const name = textOf(node);
      return (scope.get(name) as Scalar | undefined) ?? ((row) => (name in row ? (row[name] as Value) : unknown(node)));
    }
    case 'ParenthesizedExpression':
      return scalar(of(parts.slice(1)), scope);
    case 'PathExpression': {
      const object = scalar(of(parts), scope);
      const member = textOf(of(parts.slice(2)));
      return (row) => memberOf(object(row), member);
    }
    case 'BinaryExpression':
    case 'InExpression':
      return binary(node, scope);
    case 'FunctionCallExpression':
      return call(node, scope);
    default:
      return unknown(node);
  }
}

const constant = (value: Value) => () => value;

/** `"…"`, `@'…'`, a number, `1h`, `datetime(…)`, `long(null)`, `true`. */
function literal(token: SyntaxNode): Value {
  const { Text = '', ValueText = '' } = token;
  if (/^(@?"|@?')/.test(Text)) return ValueText;
  if (Text.startsWith('datetime(')) return Date.parse(ValueText);
  if (Text === 'long(null)') return null;
  if (Text === 'true' || Text === 'false') return Text === 'true';
  const [, number, unit = ''] = /^(\d+)(ms|[smhd])$/.exec(Text) ?? [];
  if (number !== undefined) return Number(number) * (UNITS[unit] as number);
  return /^\d+$/.test(Text) ? Number(Text) : unknown(token);
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function memberOf(value: Value, member: string): Value {
  const found = value !== null && typeof value === 'object' ? (value as Record<string, Value>)[member] : null;
  return found ?? null;
}

/** `=~` and its like fold the case of ASCII alone. */
const folded = (value: Value) => String(value).replace(/[A-Z]/g, (letter) => letter.toLowerCase());

function binary(node: SyntaxNode, scope: Scope): Scalar {
  const [left, operator, right] = partsOf(node);
  const sign = textOf(of([operator]));
  const a = scalar(of([left]), scope);
  if (kindOf(node) === 'InExpression') {
    const listed = expressions(partsOf(of([right]))).map((part) => scalar(part, scope));
    const key = sign.endsWith('~') ? folded : String;
    return (row) => listed.some((each) => key(each(row)) === key(a(row))) !== sign.startsWith('!');
  }
  const b = scalar(of([right]), scope);
  const compared = (compare: (a: NonNullable<Value>, b: NonNullable<Value>) => boolean) => (row: Row) => {
    const [x, y] = [a(row), b(row)];
    return x === null || y === null ? null : compare(x, y);
  };
  switch (sign) {
    case 'and':
      return (row) => (a(row) === false || b(row) === false ? false : a(row) === true && b(row) === true ? true : null);
    case 'or':
      return (row) => (a(row) === true || b(row) === true ? true : a(row) === false && b(row) === false ? false : null);
    case '==':
      // `null == x` is false: the one comparison with null that is not null.
      return (row) => a(row) !== null && a(row) === b(row);
    case '=~':
      return (row) => folded(a(row)) === folded(b(row));
    case '*':
      return (row) => Number(a(row)) * Number(b(row));
    case '/':
      return (row) => Number(a(row)) / Number(b(row));
    case '-':
      return (row) => Number(a(row)) - Number(b(row));
    case '<':
      return compared((x, y) => x < y);
    case '<=':
      return compared((x, y) => x <= y);
    case '>':
      return compared((x, y) => x > y);
    case '>=':
      return compared((x, y) => x >= y);
    case 'startswith':
      return (row) => folded(a(row)).startsWith(folded(b(row)));
    case 'endswith':
      return (row) => folded(a(row)).endsWith(folded(b(row)));
    case '!endswith':
      return (row) => !folded(a(row)).endsWith(folded(b(row)));
    default:
      return unknown(node);
  }
}

/** The functions of the queries, over values. */
const FUNCTIONS: Readonly<Record<string, (...values: Value[]) => Value>> = {
  tolower: (text) => String(text).toLowerCase(),
  tostring: (value) => (value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)),
  toint: (value) => {
    const number = value === null || value === '' ? Number.NaN : Math.trunc(Number(value));
    return Number.isNaN(number) ? null : number;
  },
  parse_json: (value) => (typeof value === 'string' ? parsed(value) : value),
  bin: (value, step) => (value === null ? null : Number(value) - (Number(value) % Number(step))),
  iff: (condition, yes, no) => (condition === true ? (yes ?? null) : (no ?? null)),
  isnull: (value) => value === null,
  isnotnull: (value) => value !== null,
  ipv4_is_private: (address) => ipv4_is_private(String(address)),
  not: (value) => (value === null ? null : value !== true),
  extract: (pattern, group, text) => regExpOf(String(pattern)).exec(String(text))?.[Number(group)] ?? '',
  replace_string: (text, from, to) => String(text).replaceAll(String(from), () => String(to)),
  ipv6_is_match: (one, other) => {
    const [a, b] = [bytesOf(String(one)), bytesOf(String(other))];
    return a === null || b === null ? null : a === b;
  },
};

const regExps = new Map<string, RegExp>();

function regExpOf(pattern: string): RegExp {
  const regExp = regExps.get(pattern) ?? new RegExp(pattern, 'u');
  regExps.set(pattern, regExp);
  return regExp;
}

function parsed(text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch {
    return text;
  }
}

/** IPv4 is compared as the IPv6 address that it is mapped into. */
function bytesOf(text: string): string | null {
  if (!ipaddr.isValid(text)) return null;
  const address = ipaddr.parse(text);
  return ('toIPv4MappedAddress' in address ? address.toIPv4MappedAddress() : address).toNormalizedString();
}

function call(node: SyntaxNode, scope: Scope): Scalar {
  const { called, parameters } = callOf(node);
  const values = parameters.map((parameter) => scalar(parameter, scope));
  const declared = scope.get(called) as ((argument: Scalar) => Scalar) | undefined;
  if (declared !== undefined) return declared(values[0] ?? unknown(node));
  const body = FUNCTIONS[called] ?? unknown(node);
  return (row) => body(...values.map((value) => value(row)));
}

function callOf(node: SyntaxNode): { called: string; parameters: SyntaxNode[] } {
  if (kindOf(node) !== 'FunctionCallExpression') return unknown(node);
  const [name, list] = partsOf(node);
  return { called: textOf(of([name])), parameters: expressions(partsOf(of([list]))) };
}

function named(node: SyntaxNode, scope: Scope): readonly [string, Scalar] {
  if (kindOf(node) !== 'SimpleNamedExpression') return unknown(node);
  const [name, , value] = partsOf(node);
  return [textOf(of([name])), scalar(of([value]), scope)];
}

/** `bin(TimeGenerated, 1h)` makes a column TimeGenerated. */
function columnOf(node: SyntaxNode): string {
  if (kindOf(node) === 'NameReference') return textOf(node);
  const { called, parameters } = callOf(node);
  return called === 'bin' ? textOf(of(parameters)) : unknown(node);
}

function expressions(parts: readonly SyntaxNode[]): SyntaxNode[] {
  return parts.filter(({ IsToken }) => !IsToken);
}

function textOf(node: SyntaxNode): string {
  return node.toString().trim();
}

function of(nodes: readonly (SyntaxNode | undefined)[]): SyntaxNode {
  return nodes[0] ?? unknown(null);
}

function unknown(node: SyntaxNode | null): never {
  throw new Error(
    `this evaluator does not know ${node === null ? 'an empty part' : `${kindOf(node)}: ${textOf(node)}`}`,
  );
}
