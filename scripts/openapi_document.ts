import * as z from 'zod';
import { createDocument, type ZodOpenApiOperationObject } from 'zod-openapi';
import { detectionQuery } from '../src/detections/detection_query.ts';
import { verdictInput } from '../src/detections/verdict_input.ts';
import { detectionDetail, detectionId, detectionList } from '../src/http/schemas/detection.ts';
import { healthSchema } from '../src/http/schemas/health.ts';
import { problem } from '../src/http/schemas/problem.ts';

const path = z.object({ id: detectionId });

const problems = (...statuses: readonly ('400' | '404' | '405' | '413' | '415' | '500')[]) =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: DESCRIPTIONS[status], content: { 'application/problem+json': { schema: problem } } },
    ]),
  );
const DESCRIPTIONS = {
  '400': 'The query or the body is invalid; `detail` names the fault',
  '404': 'There is no detection with this id',
  '405': 'POST is not allowed here',
  '413': 'The body is larger than 16 KiB',
  '415': 'The body is not application/json',
  '500': 'The stored row of the detection cannot be read: `detail` names it',
};

const ok = (description: string, schema: z.ZodType): ZodOpenApiOperationObject['responses'] => ({
  '200': { description, content: { 'application/json': { schema } } },
});

/** The HTTP API as OpenAPI 3.1, from the schemas that the tests check every answer against. */
export function openApiDocument(version: string): object {
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Beaconwatch',
      version,
      description:
        'Detections of network beacons, verdicts of analysts, and the health of the system. Text of the telemetry is hostile: escape it wherever you display it.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [
      {
        url: 'https://{app}.azurewebsites.net/api',
        description: 'The function app',
        variables: { app: { default: 'beaconwatch' } },
      },
    ],
    security: [{ key: [] }, { code: [] }],
    paths: {
      '/detections': {
        get: {
          operationId: 'listDetections',
          summary: 'Lists detections by filter and sort, a page at a time',
          requestParams: { query: detectionQuery },
          responses: { ...ok('A page', detectionList), ...problems('400') },
        },
      },
      '/detections/{id}': {
        get: {
          operationId: 'getDetection',
          summary: 'Gets one detection with its evidence',
          requestParams: { path },
          responses: { ...ok('The detection', detectionDetail), ...problems('404', '500') },
        },
        post: {
          operationId: 'recordVerdict',
          summary: 'Records the verdict of an analyst, in place of an earlier one',
          requestParams: { path },
          requestBody: { required: true, content: { 'application/json': { schema: verdictInput } } },
          responses: {
            ...ok('The detection with the new verdict', detectionDetail),
            ...problems('400', '404', '413', '415', '500'),
          },
        },
      },
      '/health': {
        get: {
          operationId: 'getHealth',
          summary: 'Gets the health of the system',
          description:
            'The status is 200 also where `problems` is not empty. It is 503, with the same body, where storage answered no section.',
          responses: {
            ...ok('The health of the system', healthSchema),
            '503': {
              description: 'Storage does not answer: `problems` says why',
              content: { 'application/json': { schema: healthSchema } },
            },
          },
        },
      },
    },
    components: {
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'x-functions-key' },
        code: { type: 'apiKey', in: 'query', name: 'code' },
      },
    },
  });
}
