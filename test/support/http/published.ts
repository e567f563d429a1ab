import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, object>> }>>;
}

/** The description that is published: docs/openapi.json. */
export const PUBLISHED = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(PUBLISHED, 'openapi.json');

/** What is wrong with an answer by the published description; nothing for one that is as described. */
export function faultsOfAnswer(
  method: 'get' | 'post' | 'delete',
  path: string,
  { status, type, body }: { readonly status: number; readonly type: string; readonly body: string },
): readonly string[] {
  const response = PUBLISHED.paths[path]?.[method]?.responses[String(status)];
  if (!response) return [`${method} ${path} has no ${status}`];
  if (!response.content[type]) return [`${method} ${path}, ${status} is not ${type}`];
  const escaped = [path, method, 'responses', String(status), 'content', type].map((part) =>
    encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')),
  );
  const validate = ajv.compile({ $ref: `openapi.json#/paths/${escaped.join('/')}/schema` });
  return validate(JSON.parse(body))
    ? []
    : (validate.errors ?? []).map((each) => `${each.instancePath} ${each.message}`);
}
