/**
 * The shape of a record without its values: one entry per member, by path, with its type, and the form of a text.
 * Members are in the order of the record.
 */
export function shapeOf(value: unknown, path = ''): Map<string, string> {
  const shape = new Map<string, string>();
  const add = (each: unknown, at: string): void => {
    if (typeof each === 'string' && /^<[^>]*="/.test(each)) addXml(each, at, shape);
    else if (Array.isArray(each)) shape.set(at, `array of ${[...new Set(each.map((item) => typeof item))].join(', ')}`);
    else if (typeof each === 'object' && each !== null) {
      shape.set(at, 'object');
      for (const [name, member] of Object.entries(each)) add(member, `${at}/${name}`);
    } else shape.set(at, typeof each === 'string' ? `text: ${formOf(each)}` : each === null ? 'null' : typeof each);
  };
  add(value, path);
  return shape;
}

/** Forms of text; the first match counts. Without a match the form is `any`. */
const FORMS: readonly (readonly [form: string, pattern: RegExp])[] = [
  ['empty', /^$/],
  ['instant', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$/],
  ['date and time to the millisecond', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/],
  ['date and time to the second', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/],
  ['{guid}', /^\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}$/i],
  ['guid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i],
  ['hexadecimal with 0x', /^0x[0-9a-f]+$/i],
  ['forty hexadecimal digits', /^[0-9a-f]{40}$/],
  ['digits', /^\d+$/],
  ['true or false', /^(true|false)$/],
  ['message number', /^%%\d+$/],
  ['JSON', /^\{.*\}$/],
];

function formOf(text: string): string {
  return FORMS.find(([, pattern]) => pattern.test(text))?.[0] ?? 'any';
}

/** The XML without its texts is one form; the texts are members under the names of their elements. */
function addXml(xml: string, path: string, shape: Map<string, string>): void {
  const members: [string, string][] = [];
  const frame = xml
    .replace(/(<Data Name="([^"]*)">)([^<]*)/g, (_, element, name, text) => {
      members.push([name, text]);
      return element;
    })
    .replace(/(time|sourceHealthServiceId)="([^"]*)"/g, (_, name, text) => `${name}="${formOf(text)}"`);
  shape.set(path, `xml: ${frame}`);
  for (const [name, text] of members) shape.set(`${path}/${name}`, `text: ${formOf(text)}`);
}
