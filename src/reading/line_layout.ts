import { windowsEventData } from '../core/sources/windows_xml.ts';

/**
 * The layout of a JSON line: all of its text except the values of its members, as one pattern. The lines of a product have few
 * layouts. A line that the pattern matches is JSON with the same members at the same places, and only the values that a reader needs are
 * taken from it. That takes a fraction of the time of `JSON.parse`, which makes a value of every member.
 *
 * The pattern is anchored at both ends, and a text has one way to match it: no value contains what follows it.
 */
export interface Layout {
  readonly pattern: RegExp;
  /** The captured members, by their number in the pattern minus one. */
  readonly captured: readonly string[];
  /** Members whose values are part of the layout, with these values in JSON. */
  readonly fixed: ReadonlyMap<string, string>;
}

/**
 * What becomes of a member:
 *
 * - `captured`: text that a reader needs. It is captured as it is in the line, with its escapes.
 * - `fixed`: its value decides what the record is.
 * - `any`: it has no meaning, and any value of the same kind.
 * - `members`: an object, whose members are asked for in turn.
 * - `xml`: text with the XML of an `<EventData>`, whose values are members in turn.
 * - `refused`: a line with this member has no layout.
 */
export type Use = 'captured' | 'fixed' | 'any' | 'members' | 'xml' | 'refused';

/** Gives the use of a member by its path, as `winlog.event_data.Image` or `EventData.Image`. */
export type UseOf = (path: string) => Use;

/**
 * The layout of a line; null if it has none: it is no object without white space, repeats a name, has a member that is refused, or one
 * that is of another kind than its use says. `line`: its bytes as Latin-1. A line with bytes beyond ASCII matches its layout
 * whatever they are: whether they are UTF-8 is for the caller to check.
 */
export function layoutOf(line: string, useOf: UseOf): Layout | null {
  return isJson(line) ? new LayoutBuilder(line, useOf).layout() : null;
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

/** V8 runs a much longer pattern without compiling it, and refuses one that is longer still. Products have less than 4,000. */
export const MAX_PATTERN_LENGTH = 16_000;
/** Levels of nesting. Products nest five. */
const MAX_DEPTH = 16;
const STRING = /"(?:[^"\\]|\\.)*"/y;
const NAME = /^"[A-Za-z_@][A-Za-z0-9_@-]*"$/;
/** A number, true, false or null. */
const PLAIN_VALUE = /[-+.A-Za-z0-9]+/y;

const TEXT = textOf(String.raw`[^"\\\x00-\x1f]*`, String.raw`\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})`);
const WHOLE_NUMBER = String.raw`(?:0|[1-9]\d{0,14})`;
/** Text in XML that no parser changes or refuses. The characters U+FFFE and U+FFFF begin with the byte EF. */
const XML_ESCAPE = String.raw`(?:\\["\\/nt]|&(?:lt|gt|amp|quot|apos);)`;
const XML_TEXT = textOf(String.raw`[^<>&"\\\x00-\x1f\xef]*`, XML_ESCAPE);
const XML_ATTRIBUTE = String.raw`[^<>&"'\\\x00-\x1f\x7f-\xff]*`;
const ASCII = /^[\x20-\x7e]*$/;
/** An attribute other than `Name` and `xmlns`, or a value. */
const XML_VALUE =
  /( (?:type|time|sourceHealthServiceId)=)(\\"|')([^"'\\]*)(\\"|')|(<Data Name=(?:\\"|')([A-Za-z0-9]+)(?:\\"|')>)([^<]*)(<\/Data>)/g;

/** Characters without a special meaning, and escapes between them. */
function textOf(plain: string, between: string): string {
  return `${plain}(?:${between}${plain})*`;
}

class LayoutBuilder {
  readonly #line: string;
  readonly #useOf: UseOf;
  readonly #captured: string[] = [];
  readonly #fixed = new Map<string, string>();
  #at = 0;
  #source = '';

  /** `line`: valid JSON. */
  constructor(line: string, useOf: UseOf) {
    this.#line = line;
    this.#useOf = useOf;
  }

  layout(): Layout | null {
    if (this.#line[0] !== '{' || !this.#addMembers('', 1) || this.#at !== this.#line.length) return null;
    if (this.#source.length > MAX_PATTERN_LENGTH) return null;
    return { pattern: new RegExp(`^${this.#source}$`), captured: this.#captured, fixed: this.#fixed };
  }

  /** Adds an object whose members have a meaning. */
  #addMembers(prefix: string, depth: number): boolean {
    const names = new Set<string>();
    return this.#addList('}', () => {
      const name = this.#take(STRING);
      if (!NAME.test(name) || names.has(name)) return false;
      names.add(name);
      this.#addExactly(name);
      return this.#addIf(':') && this.#addMember(`${prefix}${name.slice(1, -1)}`, depth);
    });
  }

  #addMember(path: string, depth: number): boolean {
    const use = this.#useOf(path);
    const first = this.#line[this.#at];
    if (use === 'any') return this.#addAny(depth);
    if (use === 'members') return first === '{' && depth < MAX_DEPTH && this.#addMembers(`${path}.`, depth + 1);
    if (use === 'fixed') {
      const value = this.#take(STRING) || this.#take(PLAIN_VALUE);
      this.#fixed.set(path, value);
      this.#addExactly(value);
      return value !== '';
    }
    if (first !== '"' || use === 'refused') return false;
    const text = this.#take(STRING);
    return use === 'xml' ? this.#addXml(path, text) : this.#addCaptured(path, text);
  }

  #addCaptured(path: string, text: string): boolean {
    this.#captured.push(path);
    this.#source += `"(${TEXT})"`;
    return text !== '';
  }

  /** Adds a value without a meaning. */
  #addAny(depth: number): boolean {
    const first = this.#line[this.#at];
    if (first === '{' || first === '[') {
      if (depth >= MAX_DEPTH) return false;
      const isObject = first === '{';
      return this.#addList(isObject ? '}' : ']', () => {
        if (isObject) this.#addExactly(this.#take(STRING));
        return (!isObject || this.#addIf(':')) && this.#addAny(depth + 1);
      });
    }
    if (this.#take(STRING) !== '') {
      this.#source += `"${TEXT}"`;
      return true;
    }
    const value = this.#take(PLAIN_VALUE);
    if (/^(?:0|[1-9]\d{0,14})$/.test(value)) this.#source += WHOLE_NUMBER;
    else this.#addExactly(value);
    return value !== '';
  }

  /** Adds the XML in a text of JSON. Its reader refuses a repeated name, and every form but the one that Windows writes. */
  #addXml(path: string, text: string): boolean {
    const data = ASCII.test(text) ? windowsEventData(JSON.parse(text) as string) : null;
    if (data === null) return false;
    const found = new Set<string>();
    let end = 0;
    for (const part of text.matchAll(XML_VALUE)) {
      const [whole, attribute, quote, , close, begin, name, , dataEnds] = part;
      this.#addExactly(text.slice(end, part.index));
      end = part.index + whole.length;
      if (name === undefined)
        this.#source += `${exactly(`${attribute}${quote}`)}${XML_ATTRIBUTE}${exactly(`${close}`)}`;
      else {
        found.add(name);
        const member = `${path}.${name}`;
        const isCaptured = this.#useOf(member) === 'captured';
        if (isCaptured) this.#captured.push(member);
        const value = isCaptured ? `(${XML_TEXT})` : XML_TEXT;
        this.#source += `${exactly(`${begin}`)}${value}${exactly(`${dataEnds}`)}`;
      }
    }
    this.#addExactly(text.slice(end));
    // An element without a text, or with escapes in its tags, is not found here. The parser reads it.
    return Object.keys(data).every((name) => found.has(name) || this.#useOf(`${path}.${name}`) !== 'captured');
  }

  /** Adds an object or a list, by its members. */
  #addList(close: string, addOne: () => boolean): boolean {
    this.#addExactly(this.#line[this.#at++] as string);
    if (this.#addIf(close)) return true;
    do {
      if (this.#source.length > MAX_PATTERN_LENGTH || !addOne()) return false;
    } while (this.#addIf(','));
    return this.#addIf(close);
  }

  #addIf(character: string): boolean {
    if (this.#line[this.#at] !== character) return false;
    this.#at++;
    this.#addExactly(character);
    return true;
  }

  #addExactly(text: string): void {
    this.#source += exactly(text);
  }

  /** The text at this place that matches; '' if none does. */
  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#line)?.[0] ?? '';
    this.#at += text.length;
    return text;
  }
}

/** A pattern that matches this text alone. */
function exactly(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
