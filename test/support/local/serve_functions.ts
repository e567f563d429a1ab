/** Serves the functions of a bundle over HTTP, as the local system does, for a test that ends this process. Prints what it registers. */
import { pathToFileURL } from 'node:url';
import { FunctionsHost } from '../../../tools/local/functions_host.ts';
import { answerBy } from '../../../tools/local/http_listener.ts';
import { serve } from '../../../tools/local/http_server.ts';

const host = new FunctionsHost();
await host.load(pathToFileURL(process.argv[2] ?? ''));
const { url } = await serve((request, response) => answerBy(host, request, response));
const functions = host.functions
  .filter(({ trigger }) => trigger.type === 'httpTrigger')
  .map(({ name, trigger }) => ({
    name,
    route: trigger['route'],
    methods: trigger['methods'],
    authLevel: trigger['authLevel'],
  }));
process.stdout.write(`${JSON.stringify({ url, functions })}\n`);
