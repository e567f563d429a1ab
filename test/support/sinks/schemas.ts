import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

async function read(name: string): Promise<object> {
  return JSON.parse(await readFile(new URL(`../../fixtures/schemas/${name}`, import.meta.url), 'utf8')) as object;
}

const draft6 = JSON.parse(
  await readFile(new URL('../../../node_modules/ajv/dist/refs/json-schema-draft-06.json', import.meta.url), 'utf8'),
) as object;

// It names itself by `id`, as older drafts do.
const { id: _, ...adaptiveCard } = (await read('adaptive-card-1.5.json')) as { id: string };

export const isAdaptiveCard: ValidateFunction = new Ajv({ strict: false, allErrors: true, validateFormats: false })
  .addMetaSchema(draft6)
  .compile(adaptiveCard);

export const isDetectionFinding: ValidateFunction = new Ajv2020({ strict: false, allErrors: true }).compile(
  await read('ocsf-detection-finding.json'),
);
