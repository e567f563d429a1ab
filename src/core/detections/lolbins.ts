/**
 * Programs that come with the system, or with its usual additions, and that attackers borrow: to run their code, to fetch
 * it, or to hide it in. Whoever silences such a name alone silences the attacker as well. In lower case, without `.exe`.
 *
 * The techniques are MITRE ATT&CK's (attack.mitre.org); which programs serve them is known from its pages, from the
 * LOLBAS project (lolbas-project.github.io) and from GTFOBins (gtfobins.github.io). A choice, not the whole of these lists.
 */
const BORROWED: readonly (readonly [reason: string, names: string])[] = [
  [
    'T1218: runs the code of others under a signed name',
    `rundll32 regsvr32 mshta installutil regasm regsvcs msiexec cmstp odbcconf mavinject hh mmc control verclsid
     presentationhost ieexec infdefaultinstall pcalua forfiles xwizard`,
  ],
  ['T1127: a developer’s tool that runs what it is given', 'msbuild csc vbc jsc cdb windbg dotnet rcsi fsi wfc'],
  [
    'T1059: an interpreter, whose name says nothing of the script',
    `powershell powershell_ise pwsh cmd wscript cscript python pythonw py perl ruby lua php node deno bun java javaw
     bash sh dash zsh ksh osascript wsl autoit3 autohotkey busybox`,
  ],
  [
    'T1105: fetches files from anywhere',
    `certutil certreq bitsadmin curl wget desktopimgdownldr esentutl expand extrac32 finger ftp tftp makecab mpcmdrun
     ssh scp sftp nc ncat netcat socat telnet openssl`,
  ],
  [
    'T1055: a host into which attackers put their code',
    `svchost explorer dllhost taskhostw taskhost runtimebroker werfault wermgr searchprotocolhost searchindexer spoolsv
     lsass services winlogon notepad conhost sihost gpupdate mobsync backgroundtaskhost`,
  ],
  ['T1047: manages machines, and starts programs on them', 'wmic wmiprvse winrs wsmprovhost schtasks psexec'],
];

const REASONS: ReadonlyMap<string, string> = new Map(
  BORROWED.flatMap(([reason, names]) => names.split(/\s+/).map((name) => [name, reason] as const)),
);

/**
 * Why a process name says too little to be silenced alone, null where it does not. Case, `.exe` and a version at the end
 * (`python3.11`) make no difference. `borrowedReason('RunDLL32.exe')` is `T1218: runs …`.
 */
export function lolbinReason(process: string): string | null {
  const name = process.trim().toLowerCase();
  const program = name.endsWith('.exe') ? name.slice(0, -4) : name;
  return REASONS.get(program) ?? REASONS.get(program.replace(/[\d.-]+$/, '')) ?? null;
}
