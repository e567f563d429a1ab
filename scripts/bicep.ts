/**
 * The pinned Bicep compiler and PowerShell, both from NuGet by `dotnet`: the version of the compiler is in bicep.csproj,
 * the version of PowerShell in .config/dotnet-tools.json. Both land in NuGet's own folder of packages, once a machine.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPO = fileURLToPath(new URL('..', import.meta.url));
const PROJECT = join(REPO, 'scripts/bicep.csproj');
const PACKAGES = process.env['NUGET_PACKAGES'] ?? join(homedir(), '.nuget/packages');
export const BICEP_VERSION = /Version="\[([\d.]+)\]"/.exec(readFileSync(PROJECT, 'utf8'))?.[1] ?? '';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. A program that is not installed has code 127. */
export function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd: REPO, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127;
      resolve({ code, stdout, stderr: code === 127 ? `${stderr}${error?.message}` : stderr });
    });
  });
}

/** The compiler, where it has been fetched before. */
export function installedBicep(): string | undefined {
  const name = process.platform === 'win32' ? 'bicep.exe' : 'bicep';
  if (!existsSync(PACKAGES)) return undefined;
  return readdirSync(PACKAGES)
    .filter((folder) => folder.startsWith('azure.bicep.commandline.'))
    .map((folder) => join(PACKAGES, folder, BICEP_VERSION, 'tools', name))
    .find((file) => existsSync(file));
}

/** Fetches the compiler, if need be. `reason` says why there is none. */
export async function fetchBicep(): Promise<{ readonly file: string } | { readonly reason: string }> {
  const found = installedBicep();
  if (found !== undefined) return { file: found };
  const work = await mkdtemp(join(tmpdir(), 'beaconwatch-bicep-'));
  const { code, stdout, stderr } = await run('dotnet', ['restore', PROJECT, `-p:BaseIntermediateOutputPath=${work}/`]);
  await rm(work, { recursive: true, force: true });
  const file = installedBicep();
  if (code === 0 && file !== undefined) return { file };
  return { reason: `dotnet restore scripts/bicep.csproj ended with ${code}: ${lastLine(stdout + stderr)}` };
}

/** Whether PowerShell has been restored before; `dotnet tool run pwsh` starts it. */
export function hasPowerShell(): boolean {
  const tools = JSON.parse(readFileSync(join(REPO, '.config/dotnet-tools.json'), 'utf8'));
  return existsSync(join(PACKAGES, 'powershell', tools.tools.powershell.version));
}

/** Restores PowerShell as a .NET tool. Returns why that failed, else nothing. */
export async function fetchPowerShell(): Promise<string | undefined> {
  const { code, stdout, stderr } = await run('dotnet', ['tool', 'restore']);
  return code === 0 ? undefined : `dotnet tool restore ended with ${code}: ${lastLine(stdout + stderr)}`;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
