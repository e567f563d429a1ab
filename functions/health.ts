import { app as functions } from '@azure/functions';
import { healthResponse } from '../src/http/handlers.ts';
import { app } from './beaconwatch.ts';
import { answering } from './log.ts';

functions.http('health', {
  methods: ['GET'],
  authLevel: 'function',
  route: 'health',
  handler: answering(() => healthResponse(app)),
});
