import { app } from './beaconwatch.ts';
import { registerHttp } from './http.ts';

registerHttp('suppressions', {
  methods: ['GET', 'POST', 'DELETE'],
  route: 'suppressions/{id?}',
  audience: 'programs',
  handler: async (request, caller) =>
    (await import('../src/http/responses.ts')).RESPONSES.suppressions(app, request, caller),
});
