import { suppressionsResponse } from '../src/http/suppressions.ts';
import { app } from './beaconwatch.ts';
import { registerHttp } from './http.ts';

registerHttp('suppressions', {
  methods: ['GET', 'POST', 'DELETE'],
  route: 'suppressions/{id?}',
  audience: 'programs',
  handler: (request, caller) => suppressionsResponse(app, request, caller),
});
