import { createHash } from 'node:crypto';
import type { Sink, SinkAnswer } from '../ports.ts';
import { jsonRequest } from './json.ts';
import type { SinkRequest } from './request.ts';
import { send } from './send.ts';
import type { SinkSettings } from './settings.ts';

/** A sink that sends what its settings say to where they say. */
export function openSink(settings: SinkSettings, post: (request: SinkRequest) => Promise<SinkAnswer> = send): Sink {
  return {
    name: settings.name,
    fingerprint: createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16),
    tell: (detection, now) => post(jsonRequest(detection, settings, new Date(now))),
  };
}
