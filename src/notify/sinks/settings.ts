import * as z from 'zod';
import { DETECTORS } from '../../core/detections/assessments.ts';
import { SEVERITIES } from '../../core/detections/detection.ts';
import { SOURCES } from '../../core/records/report.ts';

/** The lowest severity that a sink receives, where its settings name none. */
export const MIN_SEVERITY = 'medium';

/** The settings of every sink: a unique name, and which detections it receives. */
const named = {
  name: z.string().regex(/^[A-Za-z0-9_]{1,40}$/, 'must be 1 to 40 of A-Z, a-z, 0-9 and _'),
  /** By default `MIN_SEVERITY`. */
  minSeverity: oneOf(SEVERITIES).optional(),
  /** Absent: all. */
  sources: someOf(SOURCES).optional(),
  detectors: someOf(DETECTORS).optional(),
};

/** The settings of a sink that takes a POST at an address, which is a secret. */
const posted = {
  ...named,
  url: secret().refine(isWebAddress, 'must be an https URL (http only to this machine)'),
};

/** More new detections than this go into one message. */
const digestAbove = z.int('must be a whole number').min(1, 'must be at least 1').max(1000, 'must be at most 1000');

/** A name in another system: of an index, a stream, a rule. */
const word = (most: number) =>
  z.string().regex(new RegExp(`^[A-Za-z0-9_.:-]{1,${most}}$`), `must be 1 to ${most} of A-Z, a-z, 0-9 and _ . : -`);

/** One sink of the `SINKS` setting; `format` names its kind. */
export const sinkSchema = z.discriminatedUnion('format', [
  z.strictObject({
    ...posted,
    format: z.literal('json'),
    /** Signs the body by Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes; several during a rotation. */
    secret: z.union([signingSecret(), z.array(signingSecret()).min(1).max(4)]).optional(),
    /** By default each detection has its own message. */
    digestAbove: digestAbove.optional(),
  }),
  z.strictObject({
    ...posted,
    format: z.literal('slack'),
    /** By default `DIGEST_ABOVE`. */
    digestAbove: digestAbove.optional(),
  }),
  z.strictObject({
    ...posted,
    format: z.literal('teams'),
    /** By default `DIGEST_ABOVE`. */
    digestAbove: digestAbove.optional(),
  }),
  z.strictObject({
    ...posted,
    format: z.literal('ocsf'),
    /** Sent as `Authorization: Bearer …`. */
    token: token().optional(),
  }),
  z.strictObject({
    ...posted,
    format: z.literal('splunk-hec'),
    /** Sent as `Authorization: Splunk …`. */
    token: token(),
    index: word(80).optional(),
    sourcetype: word(80).default('beaconwatch:detection'),
  }),
  z.strictObject({
    ...named,
    format: z.literal('sentinel'),
    /** The logs ingestion endpoint of the data collection rule, or of a data collection endpoint. */
    endpoint: z.string().refine(isHttps, 'must be an https URL'),
    /** The rule's immutable id: `dcr-…`. */
    ruleId: z.string().regex(/^dcr-[0-9a-f]{32}$/, 'must be the immutable id of a rule: dcr- and 32 hex digits'),
    stream: word(100).default('Custom-Beaconwatch_CL'),
    /** Of a user-assigned identity; by default the app's own. */
    clientId: z.guid('must be a client id: a GUID').optional(),
  }),
]);

export type SinkSettings = z.infer<typeof sinkSchema>;
export type SinkFormat = SinkSettings['format'];
/** The settings of the sinks of one format. */
export type SinkOf<F extends SinkFormat> = Extract<SinkSettings, { format: F }>;

function oneOf<const T extends readonly string[]>(words: T) {
  return z.enum(words, `must be one of ${words.join(', ')}`);
}

function someOf<const T extends readonly string[]>(words: T) {
  return z.array(oneOf(words), `must be an array of ${words.join(', ')}`).min(1, 'must not be empty');
}

function secret() {
  return z.string().min(1, 'must not be empty');
}

/** A text that an HTTP header can hold. */
function token() {
  return z.string().regex(/^[\x21-\x7e]{1,4096}$/, 'must be a token: printable ASCII without spaces');
}

function signingSecret() {
  return secret().refine(isSigningSecret, 'must be whsec_ and base64 of 24 to 64 bytes');
}

function isSigningSecret(text: string): boolean {
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  const bytes = base64 === undefined ? 0 : Buffer.from(base64, 'base64').length;
  return bytes >= 24 && bytes <= 64;
}

function isWebAddress(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '') return false;
  return isHttps(text) || (url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname));
}

/** Without a user name and password, which fetch refuses. */
function isHttps(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.protocol === 'https:' && url.username === '' && url.password === '';
}
