import { app } from './beaconwatch.ts';
import { registerHttp } from './http.ts';

registerHttp('health', {
  methods: ['GET'],
  route: 'health',
  audience: 'programs',
  handler: async () => (await import('../src/http/responses.ts')).RESPONSES.health(app),
});
