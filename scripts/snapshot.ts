/**
 * Reads what `bicep snapshot` predicts. A value that depends on the deployment stays an expression there,
 * `[format('https://{0}/', …)]`; here such an expression is evaluated as far as it can be, and its unknown parts become
 * text in angle quotes: `«identity id-beaconwatch-….clientId»`. Own code: the only published evaluator is part of the
 * compiler, which leaves these open on purpose.
 * Syntax: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions
 */

export interface Predicted {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly apiVersion: string;
  readonly [property: string]: unknown;
}
export interface Snapshot {
  readonly predictedResources: readonly Predicted[];
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly diagnostics: readonly unknown[];
}

/** Of the public cloud. */
const ENVIRONMENT = {
  suffixes: { storage: 'core.windows.net', keyvaultDns: '.vault.azure.net' },
  authentication: { loginEndpoint: 'https://login.microsoftonline.com/' },
};

type Value = unknown;

class Unknown {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** The snapshot with every expression evaluated as far as it can be. */
export function resolved(snapshot: Snapshot): Snapshot {
  return resolve(snapshot) as Snapshot;
}

/** The app settings of a predicted deployment by name, in order of the alphabet; nothing where it has no app. */
export function settingsOf(snapshot: Snapshot): Record<string, string> | undefined {
  const config = resolved(snapshot).predictedResources.find(
    ({ type, name }) => type === 'Microsoft.Web/sites/config' && name.endsWith('/appsettings'),
  );
  if (config === undefined) return undefined;
  const settings = config['properties'] as Record<string, string>;
  return Object.fromEntries(Object.entries(settings).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function resolve(value: Value): Value {
  if (typeof value === 'string') return shown(evaluated(value));
  if (Array.isArray(value)) return value.map(resolve);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolve(each)]));
  }
  return value;
}

/** Unknown parts as text. */
function shown(value: Value): Value {
  if (value instanceof Unknown) return `«${value.text}»`;
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shown(each)]));
  }
  return value;
}

/** The value of `[expression]`; any other text as it is, and `[[` as an escaped bracket. */
export function evaluated(text: string): Value {
  if (!text.startsWith('[') || !text.endsWith(']')) return text;
  if (text.startsWith('[[')) return text.slice(1);
  const parser = new Parser(text.slice(1, -1));
  const value = parser.expression();
  parser.end();
  return value;
}

/** Evaluates while it parses: calls, members, indexes, strings and whole numbers. */
class Parser {
  readonly text: string;
  at = 0;
  constructor(text: string) {
    this.text = text;
  }

  end(): void {
    if (this.at !== this.text.length) throw new Error(`unexpected text at ${this.at} of ${this.text}`);
  }

  expression(): Value {
    let start = this.at;
    let value = this.primary();
    for (;;) {
      const [whole, member, index] =
        /^(?:\.(\w+)|\[(?:'(\w+)'|(\d+))\])/.exec(this.text.slice(this.at)) ?? ([] as string[]);
      if (whole === undefined) return value;
      this.at += whole.length;
      const key = member ?? index ?? whole.replaceAll(/\D/g, '');
      if (value instanceof Unknown) value = new Unknown(`${value.text}.${key}`);
      else value = (value as Record<string, Value>)[key];
      start = Math.min(start, this.at);
    }
  }

  primary(): Value {
    const rest = this.text.slice(this.at);
    const string = /^'((?:[^']|'')*)'/.exec(rest);
    if (string !== null) return this.take(string[0], (string[1] ?? '').replaceAll("''", "'"));
    const number = /^-?\d+/.exec(rest);
    if (number !== null) return this.take(number[0], Number(number[0]));
    const name = /^(\w+)\(/.exec(rest);
    if (name === null) throw new Error(`unexpected text at ${this.at} of ${this.text}`);
    const start = this.at;
    this.at += name[0].length;
    const args: Value[] = [];
    while (this.text[this.at] !== ')') {
      if (this.at >= this.text.length) throw new Error(`no ) in ${this.text}`);
      args.push(this.expression());
      this.at += /^,?\s*/.exec(this.text.slice(this.at))?.[0].length ?? 0;
    }
    this.at += 1;
    return call(name[1] ?? '', args, this.text.slice(start, this.at));
  }

  take(text: string, value: Value): Value {
    this.at += text.length;
    return value;
  }
}

function call(name: string, args: readonly Value[], text: string): Value {
  const known = FUNCTIONS[name];
  if (known !== undefined) {
    const value = known(args);
    if (value !== undefined) return value;
  }
  return new Unknown(text);
}

const FUNCTIONS: Readonly<Record<string, (args: readonly Value[]) => Value>> = {
  environment: () => ENVIRONMENT,
  true: () => true,
  false: () => false,
  null: () => null,
  createArray: (args) => [...args],
  createObject: (args) =>
    Object.fromEntries(
      args.flatMap((key, index) => (index % 2 === 0 ? [[String(key), args[index + 1]] as const] : [])),
    ),
  format: ([pattern, ...args]) =>
    String(pattern).replaceAll(/\{(\d+)\}/g, (_, index: string) => String(shown(args[Number(index)]))),
  // A secure parameter decides whether a setting is there at all: both cases are shown as one.
  if: ([condition, then, otherwise]) => {
    if (condition instanceof Unknown)
      return isObject(then) && isObject(otherwise) ? { ...otherwise, ...then } : undefined;
    return condition === true ? then : otherwise;
  },
  union: (args) => (args.every(isObject) ? Object.assign({}, ...args) : undefined),
  empty: ([value]) => (value instanceof Unknown ? undefined : Object.keys(value ?? {}).length === 0),
  reference: ([id]) => new Unknown(`${kindOf(String(id))} ${String(id).split('/').at(-1)}`),
  tryGet: ([value, ...keys]) => (value instanceof Unknown ? new Unknown([value.text, ...keys].join('.?')) : undefined),
  coalesce: ([value, otherwise]) =>
    value instanceof Unknown ? new Unknown(`${value.text}, else '${String(otherwise)}'`) : (value ?? otherwise),
  parameters: ([name]) => new Unknown(`parameter ${String(name)}`),
  // An own id: subscription, group, type, names.
  resourceId: (args) => {
    if (args.some((arg) => typeof arg !== 'string') || args.length < 4) return undefined;
    const [subscription, group, type = '', ...names] = args as string[];
    const [provider, ...types] = type.split('/');
    const path = types.map((each, index) => `${each}/${names[index]}`).join('/');
    return `/subscriptions/${subscription}/resourceGroups/${group}/providers/${provider}/${path}`;
  },
};

function isObject(value: Value): value is Record<string, Value> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Unknown);
}

/** `…/storageAccounts/x` is a storageAccount. */
function kindOf(id: string): string {
  return (id.split('/').at(-2) ?? '').replace(/ies$/, 'y').replace(/s$/, '');
}
