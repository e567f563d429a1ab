import { app } from './beaconwatch.ts';
import { registerHttp } from './http.ts';

registerHttp('detections', {
  methods: ['GET', 'POST'],
  route: 'detections/{id?}',
  audience: 'programs',
  handler: async (request, caller) =>
    (await import('../src/http/responses.ts')).RESPONSES.detections(app, request, caller),
});
