import { app as functions } from '@azure/functions';
import { detectionsResponse } from '../src/http.ts';
import { app } from './beaconwatch.ts';
import { log } from './log.ts';

functions.http('detections', {
  methods: ['GET'],
  authLevel: 'function',
  route: 'detections/{id?}',
  handler: async (request, context) => {
    const response = await detectionsResponse(app, request.params['id'], request.query);
    log(context, { status: response.status });
    return response;
  },
});
