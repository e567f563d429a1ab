import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, it } from 'vitest';
import { openApiDocument } from '../../../scripts/openapi_document.ts';
import { faultsOfAnswer, PUBLISHED } from '../../support/http/published.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

it('docs/openapi.json is in step with the schemas; `npm run openapi` writes it', () => {
  expect(PUBLISHED).toEqual(openApiDocument(version));
});

it('docs/openapi.json is valid OpenAPI 3.1', async () => {
  const validator = new Validator();
  expect(await validator.validate(structuredClone(PUBLISHED))).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
});

it('describes every path that the functions have', () => {
  expect(Object.entries(PUBLISHED.paths).map(([path, methods]) => [path, Object.keys(methods)])).toEqual([
    ['/detections', ['get']],
    ['/detections/{id}', ['get', 'post']],
    ['/suppressions', ['get', 'post']],
    ['/suppressions/{id}', ['delete']],
    ['/health', ['get']],
  ]);
});

it('the check of answers can fail', () => {
  const list = { detections: [], total: 0, continuation: null };
  const check = (status: number, json: object, type = 'application/json') =>
    faultsOfAnswer('get', '/detections', { status, type, body: JSON.stringify(json) });
  expect(check(200, list)).toEqual([]);
  expect(check(200, { ...list, total: -1 })).toContain('/total must be >= 0');
  expect(check(200, { ...list, more: 1 })).toEqual([' must NOT have additional properties']);
  expect(check(200, { ...list, detections: [{}] }).length).toBeGreaterThan(20);
  expect(check(201, list)).toEqual(['get /detections has no 201']);
  expect(check(200, list, 'text/html')).toEqual(['get /detections, 200 is not text/html']);
});
