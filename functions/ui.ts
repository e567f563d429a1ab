import { app } from './beaconwatch.ts';
import { registerHttp } from './http.ts';

registerHttp('ui', {
  methods: ['GET', 'POST'],
  route: 'ui/{view?}/{id?}',
  audience: 'people',
  handler: async (request, caller) => (await import('../src/http/responses.ts')).RESPONSES.ui(app, request, caller),
});
