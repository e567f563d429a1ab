import { type Caller, WRITE_ROLE } from './sign_in.ts';

export const MAY_NOT_WRITE = `writing needs the app role ${WRITE_ROLE}`;

export type Writer = { readonly ok: true; readonly name: string } | { readonly ok: false; readonly detail: string };

/** In whose name something is written: that of the sign-in, which no body can change; with a key alone, that of the body. */
export function writerOf(member: 'who' | 'owner', given: string | undefined, { name }: Caller): Writer {
  if (name !== null)
    return given === undefined
      ? { ok: true, name }
      : { ok: false, detail: `${member} must be absent: the sign-in names the person` };
  return given === undefined
    ? { ok: false, detail: `${member} must be the name of a person, of 1 to 200 characters` }
    : { ok: true, name: given };
}
