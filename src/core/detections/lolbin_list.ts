/**
 * LOLBins (living-off-the-land binaries): programs of the system, or common additions, that attackers use to run, fetch
 * or host their code, each with the technique of MITRE ATT&CK. Lower case, without `.exe`; `name:003` is the technique's
 * sub-technique .003.
 *
 * Sources: techniques from MITRE ATT&CK (attack.mitre.org); programs from its pages, from the LOLBAS project
 * (lolbas-project.github.io) and from GTFOBins (gtfobins.github.io). `node scripts/lolbas.ts DIR` compares this file with
 * a checkout of LOLBAS.
 */
export const LOLBINS: readonly LolbinGroup[] = [
  {
    technique: 'T1218',
    reason: 'runs foreign code in a signed program',
    names: `
      rundll32:011 regsvr32:010 mshta:005 installutil:004 regasm:009 regsvcs:009 msiexec:007 cmstp:003 odbcconf:008
      mavinject:013 hh:001 mmc:014 control:002 verclsid:012 presentationhost ieexec infdefaultinstall pcalua forfiles
      xwizard addinutil atbroker certoc change customshellhost extexport fsutil gpscript ie4uinit iediagcmd msconfig msdt
      offlinescannershell pcwrun provlaunch query rasautou register-cimprovider reset runexehelper runonce runscripthelper
      scriptrunner setres sigverif stordiag syncappvpublishingserver wab workfolders setupugc write acccheckconsole
      agentexecutor appcert:007 appvlp bginfo coregen defaultpack devinit:007 msdeploy sqlps sqltoolsps vsiisexelauncher
      visualuiaverifynative`,
  },
  {
    technique: 'T1127',
    reason: 'a developer tool that runs any code',
    names: `
      msbuild:001 csc vbc jsc cdb windbg dotnet rcsi fsi wfc aspnet_compiler dfsvc:002 ilasm microsoft.workflow.compiler
      ttdinject tttracer adplus applauncher csi devtoolslauncher dnx dxcap intellitrace mftrace
      microsoft.nodejstools.pressanykey mpiexec ntsd pixtool remote te tracker vsdiagnostics vslaunchbrowser vsjitdebugger
      wfmformat vstest.console`,
  },
  {
    technique: 'T1059',
    reason: 'an interpreter; its name does not identify the script',
    names: `
      powershell:001 powershell_ise:001 pwsh:001 cmd:003 wscript:005 cscript:005 python:006 pythonw:006 py:006 perl ruby
      lua:011 php node:007 deno:007 bun:007 java javaw bash:004 sh:004 dash:004 zsh:004 ksh:004 osascript:002 wsl
      autoit3:010 autohotkey:010 busybox:004 fsianycpu`,
  },
  {
    technique: 'T1105',
    reason: 'downloads files',
    names: `
      certutil certreq bitsadmin curl wget desktopimgdownldr esentutl expand extrac32 finger ftp tftp makecab mpcmdrun ssh
      scp sftp nc ncat netcat socat telnet openssl cmdl32 configsecuritypolicy diantz findstr imewdbld ldifde msoxmled ngen
      print printbrm replace tar bcp dtutil ecmangen msohtmed msxsl protocolhandler xsd`,
  },
  {
    technique: 'T1202',
    reason: 'starts other programs, so that their parent looks harmless',
    names: `
      diskshadow unregmp2 wlrmdr logger procdump vshadow xbootmgr xbootmgrsleep winfile`,
  },
  {
    technique: 'T1567',
    reason: 'uploads files to a web service',
    names: `
      datasvcutil`,
  },
  {
    technique: 'T1055',
    reason: 'a common target of process injection',
    names: `
      svchost explorer dllhost taskhostw taskhost runtimebroker werfault wermgr searchprotocolhost searchindexer spoolsv
      lsass services winlogon notepad conhost sihost gpupdate mobsync backgroundtaskhost`,
  },
  {
    technique: 'T1047',
    reason: 'manages machines and starts programs on them',
    names: `
      wmic wmiprvse winrs wsmprovhost schtasks psexec mofcomp wbemtest`,
  },
];

interface LolbinGroup {
  readonly technique: string;
  /** What attackers use the programs for. */
  readonly reason: string;
  readonly names: string;
}

/** The commit of github.com/LOLBAS-Project/LOLBAS with which this file was compared. */
export const LOLBAS_COMMIT = '3403b338875b8a99a0cd7ba4ced5086e8d310bf7';

/** Programs of LOLBAS that are not LOLBins here. */
export const NOT_LOLBINS = {
  /** They have network traffic of their own on most devices: the mark would say nothing. */
  busy: `
    appinstaller msedge onedrivestandaloneupdater settingsynchost winget wuauclt msedge_proxy msedgewebview2 wt excel
    msaccess mscopilot mscopilot_proxy mspub openconsole outlook powerpnt squirrel teams update visio winproj winword
    devtunnel vsls-agent`,
  /** Attackers use them for something that needs no network: privileges, persistence, credentials, hiding. */
  offline: `
    at cipher cmdkey colorcpl computerdefaults devicecredentialdeployment dnscmd eudcedit eventvwr fltmc iscsicpl netsh
    pktmon pnputil psr rdrleakdiag reg regedit regini rpcping sc wbadmin wsreset odbcad32 createdump dsdbutil dump64
    dumpminitool nmcap ntdsutil sqldumper testwindowremoteagent wsb`,
};
