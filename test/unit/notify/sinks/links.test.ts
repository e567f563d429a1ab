import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linksOf } from '../../../../src/notify/sinks/links.ts';
import { readLinks } from '../../../../src/notify/sinks/read.ts';
import { SettingsError } from '../../../../src/settings/settings_error.ts';
import { detection, groupId } from '../../../contract/samples.ts';
import { HOSTILE, hostileText } from '../../../support/sinks/hostile.ts';

const read = (links: unknown) => readLinks({ LINKS: typeof links === 'string' ? links : JSON.stringify(links) });
const faults = (links: unknown): readonly string[] => {
  try {
    read(links);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  throw new Error('taken');
};
const PORTAL = 'https://portal.example/machines/{DeviceName}/at?p={InitiatingProcessFileName}&ip={RemoteIP}#{id}';

describe('readLinks(env)', () => {
  it('is none where LINKS is not set', () => {
    expect(readLinks({})).toEqual({});
    expect(read({})).toEqual({});
  });

  it('reads labels and https templates', () => {
    const links = { Portal: PORTAL, 'Our own API': 'https://host.example:8443/api/detections/{id}?code=x' };
    expect(read(links)).toEqual(links);
  });

  it.each([
    'http://portal.example/{id}',
    'javascript:alert(1)',
    'https://{DeviceName}/',
    'https://{DeviceName}.example/',
    'https://portal.example{DeviceName}/',
    'https://user@portal.example/{id}',
    'https://portal.example\\{id}',
    'https://portal.example/{Device}',
    'https://portal.example/{id',
    'https://portal.example/{{id}}',
    'https:///{id}',
    '//portal.example/{id}',
    `https://portal.example/${'x'.repeat(500)}`,
  ])('refuses %s', (template) => {
    expect(faults({ Portal: template })).toEqual([expect.stringMatching(/^LINKS\.Portal /)]);
  });

  it('refuses what is no object, labels that are none, and more than five', () => {
    expect(faults('[')).toEqual(['LINKS must be a JSON object of label to https URL']);
    expect(faults(['x'])).toHaveLength(1);
    expect(faults({ '<b>': PORTAL })).toHaveLength(1);
    expect(faults(Object.fromEntries('abcdef'.split('').map((label) => [label, PORTAL])))).toHaveLength(1);
  });
});

describe('linksOf(templates, detection)', () => {
  it('fills in names, URL-encoded', () => {
    const names = { DeviceName: 'a b/c?d#e&f', InitiatingProcessFileName: "x'y(z)*~!_", RemoteIP: '203.0.113.77' };
    expect(linksOf({ Portal: PORTAL }, detection(names))).toEqual([
      {
        label: 'Portal',
        url: `https://portal.example/machines/a%20b%2Fc%3Fd%23e%26f/at?p=x%27y%28z%29%2A%7E%21_&ip=203.0.113.77#${groupId(1)}`,
      },
    ]);
  });

  it.each(['.', '..'])('omits a link that a name would lead elsewhere: %s', (DeviceName) => {
    expect(linksOf({ Portal: PORTAL }, detection({ DeviceName }))).toEqual([]);
  });

  it('skips one that is too long', () => {
    expect(linksOf({ Portal: PORTAL }, detection({ DeviceName: 'x'.repeat(1024) }))).toEqual([]);
  });

  it('leads where the template does, whatever the names', () => {
    fc.assert(
      fc.property(hostileText, fc.constantFrom(...HOSTILE), (DeviceName, InitiatingProcessFileName) => {
        for (const { url } of linksOf({ Portal: PORTAL }, detection({ DeviceName, InitiatingProcessFileName }))) {
          const { origin, pathname, searchParams, hash } = new URL(url);
          expect(origin).toBe('https://portal.example');
          expect(pathname.split('/')).toEqual(['', 'machines', encodedAsIs(DeviceName), 'at']);
          expect([...searchParams.keys()]).toEqual(['p', 'ip']);
          expect(searchParams.get('p')).toBe(InitiatingProcessFileName.toWellFormed());
          expect(hash).toBe(`#${groupId(1)}`);
          expect(url).toMatch(/^[A-Za-z0-9:/?&=#%._-]+$/);
        }
      }),
    );
  });
});

/** As it stands in the path, and comes back as it was. */
function encodedAsIs(name: string) {
  return expect.toSatisfy((part: string) => decodeURIComponent(part) === name.toWellFormed());
}
