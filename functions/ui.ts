import { uiResponse } from '../src/http/ui.ts';
import { app } from './beaconwatch.ts';
import { registerHttp } from './http.ts';

registerHttp('ui', {
  methods: ['GET', 'POST'],
  route: 'ui/{view?}/{id?}',
  audience: 'people',
  handler: (request, caller) => uiResponse(app, request, caller),
});
