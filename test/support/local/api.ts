/** Serves the functions of a bundle by the local host, on the storage that the environment names; prints where, and waits. */
import { pathToFileURL } from 'node:url';
import { FunctionsHost } from '../../../tools/local/functions_host.ts';
import { answerBy } from '../../../tools/local/http_listener.ts';
import { serve } from '../../../tools/local/http_server.ts';

const host: FunctionsHost = new FunctionsHost();
await host.load(pathToFileURL(process.argv[2] as string));
const server = await serve((request, response) => answerBy(host, request, response));
process.stdout.write(`${server.url}\n`);
process.stdin.resume().on('end', () => server.stop());
