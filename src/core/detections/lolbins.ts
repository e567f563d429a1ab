/**
 * LOLBins (living-off-the-land binaries): programs of the system, or common additions, that attackers use to run, fetch
 * or host their code. A suppression of such a name alone also suppresses the attacker. Lower case, without `.exe`.
 *
 * Sources: techniques from MITRE ATT&CK (attack.mitre.org); programs from its pages, from the LOLBAS project
 * (lolbas-project.github.io) and from GTFOBins (gtfobins.github.io). A selection of these lists.
 */
const LOLBINS: readonly (readonly [reason: string, names: string])[] = [
  [
    'T1218: runs foreign code in a signed program',
    `rundll32 regsvr32 mshta installutil regasm regsvcs msiexec cmstp odbcconf mavinject hh mmc control verclsid
     presentationhost ieexec infdefaultinstall pcalua forfiles xwizard`,
  ],
  ['T1127: a developer tool that runs any code', 'msbuild csc vbc jsc cdb windbg dotnet rcsi fsi wfc'],
  [
    'T1059: an interpreter; its name does not identify the script',
    `powershell powershell_ise pwsh cmd wscript cscript python pythonw py perl ruby lua php node deno bun java javaw
     bash sh dash zsh ksh osascript wsl autoit3 autohotkey busybox`,
  ],
  [
    'T1105: downloads files',
    `certutil certreq bitsadmin curl wget desktopimgdownldr esentutl expand extrac32 finger ftp tftp makecab mpcmdrun
     ssh scp sftp nc ncat netcat socat telnet openssl`,
  ],
  [
    'T1055: a common target of process injection',
    `svchost explorer dllhost taskhostw taskhost runtimebroker werfault wermgr searchprotocolhost searchindexer spoolsv
     lsass services winlogon notepad conhost sihost gpupdate mobsync backgroundtaskhost`,
  ],
  ['T1047: manages machines and starts programs on them', 'wmic wmiprvse winrs wsmprovhost schtasks psexec'],
];

const REASONS: ReadonlyMap<string, string> = new Map(
  LOLBINS.flatMap(([reason, names]) => names.split(/\s+/).map((name) => [name, reason] as const)),
);

/**
 * The technique that makes a process name a LOLBin; null where it is none. Ignores case, `.exe` and a version at the end
 * (`python3.11`). `lolbinReason('RunDLL32.exe')` is `T1218: runs …`.
 */
export function lolbinReason(process: string): string | null {
  const name = process.trim().toLowerCase();
  const program = name.endsWith('.exe') ? name.slice(0, -4) : name;
  return REASONS.get(program) ?? REASONS.get(program.replace(/[\d.-]+$/, '')) ?? null;
}

/**
 * The first LOLBin whose name fits, written with or without `.exe`; null where none does. For patterns: `power*` fits
 * `powershell.exe`.
 */
export function lolbinThatFits(
  fits: (lowerCase: string) => boolean,
): { readonly name: string; readonly reason: string } | null {
  for (const [program, reason] of REASONS) {
    for (const name of [`${program}.exe`, program]) if (fits(name)) return { name, reason };
  }
  return null;
}
