import * as z from 'zod';
import { createDocument, type ZodOpenApiOperationObject } from 'zod-openapi';
import { detectionQuery } from '../src/detections/detection_query.ts';
import { verdictInput } from '../src/detections/verdict_input.ts';
import { detectionDetail, detectionId, detectionList } from '../src/http/schemas/detection.ts';
import { healthSchema } from '../src/http/schemas/health.ts';
import { problem } from '../src/http/schemas/problem.ts';

const path = z.object({ id: detectionId });

const problems = (...statuses: readonly ('400' | '404' | '405' | '413' | '415')[]) =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: DESCRIPTIONS[status], content: { 'application/problem+json': { schema: problem } } },
    ]),
  );
const DESCRIPTIONS = {
  '400': 'Something that was asked for or sent is wrong; `detail` says what',
  '404': 'There is no detection of this id',
  '405': 'There is nothing to post to here',
  '413': 'The body is larger than 16 KiB',
  '415': 'The body is not application/json',
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
        'Detections of network beacons, what analysts say of them, and how the system is. Every text that comes from the telemetry is hostile: escape it where it is shown.',
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
          summary: 'Detections by filter and order, a page at a time',
          requestParams: { query: detectionQuery },
          responses: { ...ok('A page', detectionList), ...problems('400') },
        },
      },
      '/detections/{id}': {
        get: {
          operationId: 'getDetection',
          summary: 'One detection, with everything that is known of it',
          requestParams: { path },
          responses: { ...ok('The detection', detectionDetail), ...problems('404') },
        },
        post: {
          operationId: 'disposeDetection',
          summary: 'Says what an analyst makes of it, in the place of what was said before',
          requestParams: { path },
          requestBody: { required: true, content: { 'application/json': { schema: verdictInput } } },
          responses: { ...ok('The detection as it is then', detectionDetail), ...problems('400', '404', '413', '415') },
        },
      },
      '/health': {
        get: {
          operationId: 'getHealth',
          summary: 'How the system is',
          description:
            'The status is 200 also where something wants attention: `problems` names it. Another status means that it could not be found out.',
          responses: ok('What was found', healthSchema),
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
