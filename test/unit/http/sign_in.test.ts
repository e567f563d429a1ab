import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { principalOf, WRITE_ROLE } from '../../../src/http/sign_in.ts';
import { principalHeader } from '../../support/http/principal.ts';

const PERSON = { preferred_username: 'ana@corp.example', name: 'Ana', oid: '1' };

describe('principalOf', () => {
  it('names a person, who reads', () => {
    expect(principalOf(principalHeader(PERSON))).toEqual({ name: 'ana@corp.example', mayWrite: false });
  });

  it.each(['roles', 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role'])('lets %s write', (type) => {
    const writer = principalHeader({ ...PERSON, [type]: ['Other', WRITE_ROLE] }, { role_typ: undefined });
    expect(principalOf(writer)?.mayWrite).toBe(true);
    expect(principalOf(principalHeader({ ...PERSON, [type]: 'beaconwatch.write' }))?.mayWrite).toBe(false);
    expect(principalOf(principalHeader({ ...PERSON, groups: WRITE_ROLE, scp: WRITE_ROLE }))?.mayWrite).toBe(false);
  });

  it('names an application by its client id', () => {
    expect(principalOf(principalHeader({ azp: '0a', roles: WRITE_ROLE }))).toEqual({ name: '0a', mayWrite: true });
  });

  it.each([
    ['absent', null],
    ['empty', ''],
    ['no base64', '%%%'],
    ['no JSON', Buffer.from('{').toString('base64')],
    ['another shape', Buffer.from('[]').toString('base64')],
    ['of another provider', principalHeader(PERSON, { auth_typ: 'github' })],
    ['of nobody', principalHeader({ roles: WRITE_ROLE })],
    ['of a name of spaces', principalHeader({ preferred_username: '  ' })],
    ['very long', principalHeader({ ...PERSON, groups: 'x'.repeat(70_000) })],
  ])('%s is nobody', (_what, header) => {
    expect(principalOf(header)).toBeNull();
  });

  it('never throws, and lets nobody write without the role', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((json) => Buffer.from(json).toString('base64')),
        ),
        (header) => {
          expect(principalOf(header)?.mayWrite ?? false).toBe(false);
        },
      ),
    );
  });
});
