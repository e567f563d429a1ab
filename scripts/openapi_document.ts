import * as z from 'zod';
import { createDocument, type ZodOpenApiOperationObject } from 'zod-openapi';
import { detectionQuery } from '../src/detections/detection_query.ts';
import { suppressionInput } from '../src/detections/suppression_input.ts';
import { verdictPost } from '../src/detections/verdict_input.ts';
import { detectionDetail, detectionId, detectionList } from '../src/http/schemas/detection.ts';
import { healthSchema } from '../src/http/schemas/health.ts';
import { problem } from '../src/http/schemas/problem.ts';
import { suppressionId, suppressionList, suppressionSchema } from '../src/http/schemas/suppression.ts';

const path = z.object({ id: detectionId });

/** With those that every function has. */
const problems = (...statuses: readonly (keyof typeof DESCRIPTIONS)[]) =>
  Object.fromEntries(
    [...statuses, '401' as const, '503' as const].map((status) => [
      status,
      { description: DESCRIPTIONS[status], content: { 'application/problem+json': { schema: problem } } },
    ]),
  );
const DESCRIPTIONS = {
  '400': 'The query or the body is invalid; `detail` names the fault',
  '401': 'SIGN_IN is `platform`, and the request has no token of this tenant',
  '403': 'The caller lacks the app role Beaconwatch.Write',
  '404': 'There is nothing with this id',
  '405': 'The method is not allowed here',
  '409': 'The entry is too wide, and `force` is not set',
  '413': 'The body is larger than 16 KiB',
  '415': 'The body is not application/json',
  '500': 'The stored row of the detection cannot be read: `detail` names it',
  '503': "SIGN_IN is `platform`, but the platform's sign-in is off",
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
    // With SIGN_IN on, a token as well.
    security: [{ key: [] }, { code: [] }, { key: [], token: [] }, { code: [], token: [] }],
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
          requestBody: { required: true, content: { 'application/json': { schema: verdictPost } } },
          responses: {
            ...ok('The detection with the new verdict', detectionDetail),
            ...problems('400', '403', '404', '413', '415', '500'),
          },
        },
      },
      '/suppressions': {
        get: {
          operationId: 'listSuppressions',
          summary: 'Lists all suppressions with their hits, expired ones included',
          responses: { ...ok('All entries', suppressionList), ...problems() },
        },
        post: {
          operationId: 'addSuppression',
          summary: 'Adds a suppression, which acts from the next scoring run on',
          requestBody: { required: true, content: { 'application/json': { schema: suppressionInput } } },
          responses: {
            '201': { description: 'The entry', content: { 'application/json': { schema: suppressionSchema } } },
            ...problems('400', '403', '409', '413', '415'),
          },
        },
      },
      '/suppressions/{id}': {
        delete: {
          operationId: 'removeSuppression',
          summary: 'Removes a suppression; the next run notifies of detections that are still active',
          requestParams: { path: z.object({ id: suppressionId }) },
          responses: { '204': { description: 'It is removed' }, ...problems('403', '404') },
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
            ...problems(),
            '503': {
              description: "Storage does not answer: `problems` says why. Or the platform's sign-in is off",
              content: {
                'application/json': { schema: healthSchema },
                'application/problem+json': { schema: problem },
              },
            },
          },
        },
      },
    },
    components: {
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'x-functions-key' },
        code: { type: 'apiKey', in: 'query', name: 'code' },
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token of Entra for the app registration of this app, where SIGN_IN is `platform`',
        },
      },
    },
  });
}
