import { app as functions } from '@azure/functions';
import { healthResponse } from '../src/http.ts';
import { app } from './beaconwatch.ts';
import { log } from './log.ts';

functions.http('health', {
  methods: ['GET'],
  authLevel: 'function',
  route: 'health',
  handler: async (_request, context) => {
    const response = await healthResponse(app);
    log(context, { status: response.status });
    return response;
  },
});
