import type { Device, User } from './device.ts';
import type { Program } from './program.ts';
import type { Random } from './random.ts';

/** The System process has no file; Defender names its image in the Windows folder. */
const KERNEL = 'ntoskrnl.exe';

/**
 * A file name that Windows allows: `|` becomes `&`, other forbidden characters become `_`. Telemetry of Defender may come
 * from other systems; that of Sysmon and the firewall does not.
 *
 * Microsoft, "Naming Files, Paths, and Namespaces".
 */
export function windowsName(fileName: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern must match control characters.
  return fileName.replaceAll('|', '&').replace(/[\u0000-\u001f<>:"/\\?*]/g, '_');
}

/** A computer as its own event logs name it: the host in capitals, the domain as it was typed. */
export function computerOf({ name }: Device): string {
  return name.replace(/^[^.]+/, (host) => host.toUpperCase());
}

/** An account as event logs name it: `CORP\Ada.Berg`, where Defender writes `ada.berg`. */
export function accountOf({ name, domain }: User): string {
  if (domain === 'nt authority') return 'NT AUTHORITY\\SYSTEM';
  return `${domain.toUpperCase()}\\${name.replace(/(^|\.)[a-z]/g, (letter) => letter.toUpperCase())}`;
}

/** Sysmon's Image: the path as the file system spells it, at times in capitals as a caller spelled it. */
export function imageOf({ path, fileName }: Program, random: Random): string {
  if (path === null || fileName === null) return '<unknown process>';
  if (fileName === KERNEL) return 'System';
  const folder = path
    .slice(0, -fileName.length)
    .replace(/(^|[\\ ])([a-z])/g, (_, before, letter) => before + letter.toUpperCase());
  const image = folder + installedName(windowsName(fileName));
  return random.chance(0.06) ? image.toUpperCase() : image;
}

/** As an installer names its file, `Updater.exe`; what comes with Windows is in lower case, mostly. */
function installedName(fileName: string): string {
  return /^(svchost|lsass|spoolsv)/.test(fileName)
    ? fileName
    : fileName.replace(/^[a-z]/, (letter) => letter.toUpperCase());
}

/** 5156's Application: the path below the device of its volume, in lower case. */
export function applicationOf({ path, fileName }: Program, device: Device): string {
  if (path === null || fileName === null) return '-';
  if (fileName === KERNEL) return 'System';
  const folder = path.slice('c:'.length, -fileName.length);
  return `\\device\\harddiskvolume${2 + (device.index % 3)}${folder}${windowsName(fileName)}`.toLowerCase();
}

/** An address as logs write it: IPv4, at times mapped into IPv6, in any spelling. */
export function addressOf(ip: string, random: Random): string {
  const mapped = random.chance(0.04);
  if (!mapped || !/^[\d.]+$/.test(ip)) return ip;
  const [a = 0, b = 0, c = 0, d = 0] = ip.split('.').map(Number);
  const words = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  return random.pick([`::ffff:${ip}`, `::FFFF:${ip}`, `::ffff:${words}`, `0:0:0:0:0:ffff:${words}`]);
}

export function isIpv6(ip: string): boolean {
  return ip.includes(':');
}
