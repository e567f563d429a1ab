/** Invokes every function of app.cjs by the local host, and prints what came of it. In a process of its own: it changes `require`. */
import { FunctionsHost, type FunctionsHost as Host, type Invocation } from '../../../tools/local/functions_host.ts';
import { answerBy } from '../../../tools/local/http_listener.ts';
import { serve } from '../../../tools/local/http_server.ts';
import { blobInput, queueInput, timerInput } from '../../../tools/local/triggers.ts';

const seen: Invocation[] = [];
const host: Host = new FunctionsHost((invocation) => seen.push(invocation));
await host.load(new URL('./app.cjs', import.meta.url));

const logged = async (name: string, input: Parameters<Host['invoke']>[1]) =>
  JSON.parse((await host.invoke(name, input)).logs.join('\n'));
const message = { id: 'm1', dequeueCount: 2 };
const server = await serve((request, response) => answerBy(host, request, response));
const get = async (path: string, method = 'GET') => {
  const response = await fetch(server.url + path, { method, headers: { accept: 'text/x' } });
  return { status: response.status, kind: response.headers.get('x-kind'), body: await response.text() };
};

const results = {
  names: host.functions.map(({ name }) => name),
  object: await logged('queued', queueInput('work', '{"a":[1]}', message)),
  text: await logged('queued', queueInput('work', 'not JSON', message)),
  blob: await logged('uploaded', blobInput('AzureWebJobsStorage', 'exports', 'a/b c.json')),
  timer: await logged('hourly', timerInput()),
  failure: await host.invoke('failing', queueInput('doomed', '{}', message)).catch((error: Error) => error.message),
  unknown: await host.invoke('nobody', timerInput()).catch((error: Error) => error.message),
  both: await get('/api/things/odd/7%7C8?a=1&b=%20'),
  one: await get('/api/things/odd'),
  post: await get('/api/things/odd', 'POST'),
  posted: await fetch(`${server.url}/api/notes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: 'ü' }),
  }).then((response) => response.json()),
  none: await get('/api/things'),
  outside: await get('/things/odd'),
  seen: seen.map(({ function: name, logs, error }) => [name, logs.length, error instanceof Error]),
};
await server.stop();
process.stdout.write(JSON.stringify(results));
