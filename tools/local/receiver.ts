import { text } from 'node:stream/consumers';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { type LocalServer, serve } from './http_server.ts';

/** The requests that a local webhook receiver has received. */
export interface Received {
  /** Requests with a valid signature. */
  readonly verified: number;
  /** Requests without one, answered with 401. */
  readonly refused: number;
  /** The `webhook-id`s of verified requests; a repeat has the same id. */
  readonly ids: ReadonlySet<string>;
  /** The texts of the messages to the chat, which are not signed. */
  readonly chat: readonly string[];
}

/** Below the address of the receiver: a chat. */
export const CHAT_PATH = '/chat';

export interface Receiver extends LocalServer {
  readonly received: Received;
}

/** Receives webhooks on this machine and verifies their signature (Standard Webhooks). Below `CHAT_PATH` it takes messages as Slack does. */
export async function startReceiver(secret: string, onDelivery: (id: string) => void = () => {}): Promise<Receiver> {
  const webhook = new Webhook(secret);
  const ids = new Set<string>();
  const chat: string[] = [];
  const received = { verified: 0, refused: 0, ids, chat };
  const server = await serve(async (request, response) => {
    const body = await text(request);
    if (request.url?.endsWith(CHAT_PATH)) {
      chat.push(String((JSON.parse(body) as { readonly text?: unknown }).text));
      response.end('ok');
      return;
    }
    const header = (name: string) => String(request.headers[name] ?? '');
    const id = header('webhook-id');
    try {
      webhook.verify(body, {
        'webhook-id': id,
        'webhook-timestamp': header('webhook-timestamp'),
        'webhook-signature': header('webhook-signature'),
      });
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
      received.refused++;
      response.writeHead(401).end();
      return;
    }
    received.verified++;
    ids.add(id);
    onDelivery(id);
    response.writeHead(204).end();
  });
  return { ...server, received };
}
