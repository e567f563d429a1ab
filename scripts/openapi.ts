/** Writes docs/openapi.json: the HTTP API from its schemas. A test holds that the file is in step. */
import { readFileSync, writeFileSync } from 'node:fs';
import { openApiDocument } from './openapi_document.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
writeFileSync('docs/openapi.json', `${JSON.stringify(openApiDocument(version), null, 2)}\n`);
