import { app as functions } from '@azure/functions';
import { detectionsResponse } from '../src/http/handlers.ts';
import { app } from './beaconwatch.ts';
import { answering } from './log.ts';

functions.http('detections', {
  methods: ['GET', 'POST'],
  authLevel: 'function',
  route: 'detections/{id?}',
  handler: answering((request) => detectionsResponse(app, request)),
});
