import { app as functions } from '@azure/functions';
import { detectionsResponse } from '../src/http.ts';
import { app } from './beaconwatch.ts';
import { log } from './log.ts';

functions.http('detections', {
  methods: ['GET', 'POST'],
  authLevel: 'function',
  route: 'detections/{id?}',
  handler: async (request, context) => {
    const response = await detectionsResponse(app, request);
    log(context, { method: request.method, status: response.status });
    return response;
  },
});
