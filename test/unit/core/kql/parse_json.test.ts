import { expect, it } from 'vitest';
import { parse_json } from '../../../../src/core/kql/parse_json.ts';
import { toint } from '../../../../src/core/kql/toint.ts';

it.each<[unknown, unknown]>([
  ['{"uniqueEventsAggregated":"12"}', { uniqueEventsAggregated: '12' }],
  ['{}', {}],
  ['[1,2]', [1, 2]],
  ['12', 12],
  ['"a"', 'a'],
  ['null', null],
  ['true', true],
  ['', ''],
  ['a b', 'a b'],
  ['{"a":1', '{"a":1'],
  ["{'a':1}", "{'a':1}"],
  [null, null],
  [undefined, undefined],
  [7, 7],
  [false, false],
])('parse_json(%j) is %j', (x, expected) => {
  expect(parse_json(x)).toEqual(expected);
});

it.each([[{ uniqueEventsAggregated: 12 }], [[12]]])('parse_json(dynamic) is the very value: %j', (dynamic) => {
  expect(parse_json(Object.freeze(dynamic))).toBe(dynamic);
});

it('toint(parse_json(x).member) is the same for text and object', () => {
  for (const x of ['{"uniqueEventsAggregated":12}', { uniqueEventsAggregated: 12 }]) {
    expect(toint((parse_json(x) as Record<string, unknown>)['uniqueEventsAggregated'])).toBe(12);
  }
});
