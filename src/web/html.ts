import { escapeForDisplay } from '../core/text/escape.ts';
import { isHref } from './href.ts';

/** Markup that is safe to send: only `html`, `attribute` and `constantMarkup` make it. */
export class Html {
  readonly #text: string;
  /** Whether it stands between the attributes of a tag. */
  readonly isAttribute: boolean;

  constructor(text: string, isAttribute: boolean) {
    this.#text = text;
    this.isAttribute = isAttribute;
  }

  toString(): string {
    return this.#text;
  }
}

/** What a template takes: text is escaped, `null` and `false` are nothing. */
export type TemplateValue = string | number | Html | null | false | readonly TemplateValue[];

/**
 * A template of HTML or SVG. Every value is escaped for the place in which it stands, so that no text of the telemetry can
 * become markup: `` html`<b>${'<i>'}</b>` `` is `<b>&lt;i&gt;</b>`. Unsafe characters appear as their code.
 *
 * Values may stand in text, within double quotes of an attribute, and between attributes (`attribute`). An attribute that
 * loads or opens something takes a `Href` only. Any other place throws a TypeError, whatever the value: in the name of a
 * tag, in an attribute without quotes or of a script, in a comment, a style or a script.
 */
export function html(strings: TemplateStringsArray, ...values: readonly TemplateValue[]): Html {
  const places = placesIn(strings);
  let text = strings[0] ?? '';
  for (const [index, value] of values.entries()) {
    text += written(value, places[index] as Place) + (strings[index + 1] ?? '');
  }
  return new Html(text, false);
}

/** An attribute for a place between attributes. `attribute('aria-current', 'true')` */
export function attribute(name: string, value: string | number): Html {
  if (!/^(aria-[a-z]+|class|data-[a-z]+|hidden|id|open|checked|role|tabindex|title|value)$/.test(name))
    throw new TypeError(`not an attribute of a page: ${name}`);
  return new Html(` ${name}="${escapeMarkup(String(value))}"`, true);
}

/**
 * A text of several lines: their ends stay. So do its quotes, which end nothing where this may stand: never in an
 * attribute. Queries and JSON have many, and a file has hundreds of both.
 */
export function preformatted(text: string): Html {
  const lines = text.split('\n').map(escapeMarkup);
  return new Html(lines.join('\n').replaceAll('&quot;', '"').replaceAll('&#39;', "'"), false);
}

/** Markup that this program holds as a constant, such as its style sheet. Never for text of the telemetry. */
export function constantMarkup(text: string): Html {
  return new Html(text, false);
}

type Place = { readonly kind: 'text' | 'attributes' } | { readonly kind: 'value'; readonly attribute: string };

function written(value: TemplateValue, place: Place): string {
  if (value === null || value === false) return '';
  if (Array.isArray(value)) return value.map((each) => written(each, place)).join('');
  if (place.kind === 'value') return writtenInQuotes(value as string | number | Html, place.attribute);
  const isAttributes = place.kind === 'attributes';
  if (value instanceof Html) {
    if (value.isAttribute !== isAttributes) throw new TypeError('an attribute stands in a tag, other markup outside');
    return value.toString();
  }
  if (isAttributes) throw new TypeError('between attributes a template takes attributes only');
  return escapeMarkup(String(value));
}

function writtenInQuotes(value: string | number | Html, name: string): string {
  if (value instanceof Html) throw new TypeError(`markup cannot be the value of an attribute: ${name}`);
  const text = String(value);
  if (OPENS.test(name) && !isHref(text)) throw new TypeError(`not an address of a page: ${name}`);
  return escapeMarkup(text);
}

const OPENS = /^(href|src|action|formaction|xlink:href|poster|data|srcset)$/;
const NO_VALUE = /^(on.*|style|srcdoc)$/;
/** Longer than any name of the telemetry. */
const LONGEST = 20_000;

/** The five characters that end a text or an attribute, and unsafe ones, line ends among them, as their code. */
function escapeMarkup(text: string): string {
  if (HARMLESS.test(text)) return text;
  return escapeForDisplay(text, LONGEST).replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

const HARMLESS = /^[\w .,:;()/#%+-]*$/;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const known = new WeakMap<TemplateStringsArray, readonly Place[]>();

/** The place of each value; computed once for each template of the source. */
function placesIn(strings: TemplateStringsArray): readonly Place[] {
  const cached = known.get(strings);
  if (cached !== undefined) return cached;
  const reader = new PlaceReader();
  const places = strings.slice(0, -1).map((text) => {
    reader.read(text);
    return reader.place();
  });
  reader.read(strings.at(-1) ?? '');
  known.set(strings, places);
  return places;
}

/** Follows the text of a template through tags and attributes. */
class PlaceReader {
  /** '' outside of a tag; `<` within one; `"` within the value of an attribute. */
  #state: '' | '<' | '"' = '';
  /** Of the tag that is open, up to here. */
  #tag = '';

  read(text: string): void {
    for (const character of text) {
      if (this.#state === '') {
        if (character === '<') {
          this.#state = '<';
          this.#tag = '';
        }
        continue;
      }
      if (character === '"') this.#state = this.#state === '"' ? '<' : '"';
      else if (character === '>' && this.#state === '<') {
        if (/^(script|style|!--)/i.test(this.#tag)) throw new TypeError('a template holds no script, style or comment');
        this.#state = '';
      }
      this.#tag += character;
    }
  }

  place(): Place {
    if (this.#state === '') return { kind: 'text' };
    if (this.#state === '<') {
      if (!/^[a-z][a-z0-9]*(\s+[a-z:-]+(="[^"]*")?)*\s*$/i.test(this.#tag))
        throw new TypeError(`no value may stand here: <${this.#tag}`);
      return { kind: 'attributes' };
    }
    const name = /\s([a-zA-Z:-]+)="[^"]*$/.exec(this.#tag)?.[1];
    if (name === undefined || NO_VALUE.test(name)) throw new TypeError(`no value may stand here: <${this.#tag}`);
    return { kind: 'value', attribute: name };
  }
}
