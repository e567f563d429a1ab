import * as z from 'zod';
import { MAX_WHO_LENGTH } from '../core/detections/verdict.ts';

/** Who calls an HTTP function. */
export interface Caller {
  /** As the sign-in names it; null for the holder of a function key, who has no name. */
  readonly name: string | null;
  /** Verdicts and suppressions. */
  readonly mayWrite: boolean;
}

/** Without a sign-in, a key opens everything, and names nobody. */
export const KEY_HOLDER: Caller = { name: null, mayWrite: true };

/** The app role that allows verdicts and suppressions. */
export const WRITE_ROLE = 'Beaconwatch.Write';

/** The header in which the platform's sign-in puts the claims of a token that it has checked. */
export const PRINCIPAL_HEADER = 'x-ms-client-principal';
/** More than the claims of a person in very many groups. */
const LONGEST_HEADER = 64 * 1024;

const principal = z.object({
  auth_typ: z.literal('aad'),
  claims: z.array(z.object({ typ: z.string(), val: z.string() })),
  role_typ: z.string().optional(),
});

/** A person by the name that people know, an application by its client id. */
const NAME_CLAIMS = [
  'preferred_username',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn',
  'upn',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
  'email',
  'azp',
  'appid',
];
const ROLE_CLAIMS = ['roles', 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role'];

/**
 * The caller whom the platform's sign-in has checked; null where the header is absent or is not one of Entra. The header is
 * worth something only behind that sign-in, which removes it from what comes in: `guarded` asks for nothing else.
 *
 * Source: learn.microsoft.com, App Service, "Work with user identities": base64 of `auth_typ`, `claims` (`typ`, `val`),
 * `name_typ`, `role_typ`.
 */
export function principalOf(header: string | null): Caller | null {
  if (header === null || header.length > LONGEST_HEADER) return null;
  const read = principal.safeParse(jsonOf(Buffer.from(header, 'base64').toString('utf8')));
  if (!read.success) return null;
  const { claims, role_typ } = read.data;
  const firstOf = (types: readonly string[]) =>
    types
      .map((type) => claims.find(({ typ }) => typ === type)?.val.trim())
      .find((val) => val !== undefined && val !== '');
  const name = firstOf(NAME_CLAIMS);
  // A caller without a name could write in nobody's.
  if (name === undefined) return null;
  const roleTypes = role_typ === undefined ? ROLE_CLAIMS : [...ROLE_CLAIMS, role_typ];
  const mayWrite = claims.some(({ typ, val }) => roleTypes.includes(typ) && val === WRITE_ROLE);
  return { name: name.slice(0, MAX_WHO_LENGTH), mayWrite };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
