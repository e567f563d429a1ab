import { healthResponse } from '../src/http/handlers.ts';
import { app } from './beaconwatch.ts';
import { registerHttp } from './http.ts';

registerHttp('health', {
  methods: ['GET'],
  route: 'health',
  audience: 'programs',
  handler: () => healthResponse(app),
});
