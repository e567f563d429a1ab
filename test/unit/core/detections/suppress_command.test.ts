import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { suppressCommand } from '../../../../src/core/detections/suppress_command.ts';
import { HOSTILE_NAMES } from '../../../contract/samples.ts';

const of = (DeviceName: string, InitiatingProcessFileName: string, RemoteIP = '203.0.113.7') =>
  suppressCommand({ DeviceName, InitiatingProcessFileName, RemoteIP });

describe('suppressCommand(detection)', () => {
  it('names device, process and remote, quoted where they need it', () => {
    expect(of('wks-1.corp.example', 'Acme Updater.exe')).toEqual({
      command:
        "suppress add --device=wks-1.corp.example --process='Acme Updater.exe' --remote=203.0.113.7 --reason='why'",
      omitted: [],
    });
    expect(of('büro-1', '更新.exe').command).toContain("--device='büro-1' --process='更新.exe'");
  });

  it('omits what is empty or unsafe in a shell, and says so', () => {
    const hostile = ["a'b", 'a’b', 'a"b', 'a&b', 'a;b', 'a|b', '$(a)', '`a`', '%a%', 'a\nb', 'a\\', '!a', '\u202ea'];
    for (const name of hostile) {
      expect(of(name, 'a.exe')).toEqual({
        command: "suppress add --process=a.exe --remote=203.0.113.7 --reason='why'",
        omitted: [{ option: 'device', because: 'unsafe' }],
      });
    }
    expect(of('<', '').omitted).toEqual([
      { option: 'device', because: 'unsafe' },
      { option: 'process', because: 'no-name' },
    ]);
  });

  it('of any names holds nothing but plain characters within single quotes', () => {
    const name = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...HOSTILE_NAMES), fc.string());
    fc.assert(
      fc.property(name, name, (device, process) => {
        expect(of(device, process).command).toMatch(
          /^suppress add(?: --\w+=(?:[A-Za-z0-9._:@+=,-]+|'[\p{L}\p{N}._:@+=, -]+'))+$/u,
        );
      }),
    );
  });
});
