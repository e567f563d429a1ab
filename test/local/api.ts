/** Serves the functions of a bundle by the local host, on the storage that the environment names; prints where, and waits. */
import { pathToFileURL } from 'node:url';
import { FunctionsHost } from '../../src/cli/local/functions_host.ts';
import { answerBy } from '../../src/cli/local/http_listener.ts';
import { serve } from '../../src/cli/local/http_server.ts';

const host: FunctionsHost = new FunctionsHost();
await host.load(pathToFileURL(process.argv[2] as string));
const server = await serve((request, response) => answerBy(host, request, response));
process.stdout.write(`${server.url}\n`);
process.stdin.resume().on('end', () => server.stop());
