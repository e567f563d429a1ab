import { detectionsResponse } from '../src/http/handlers.ts';
import { app } from './beaconwatch.ts';
import { registerHttp } from './http.ts';

registerHttp('detections', {
  methods: ['GET', 'POST'],
  route: 'detections/{id?}',
  audience: 'programs',
  handler: (request, caller) => detectionsResponse(app, request, caller),
});
