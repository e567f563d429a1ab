/** Deployments as the compiler predicts them. `bicep snapshot` starts anew for each, some 5 s; here one process stays. */
import { spawn } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import type { Snapshot } from './snapshot.ts';

export interface Place {
  readonly subscriptionId: string;
  readonly tenantId: string;
  readonly location: string;
}
/** The deployment that a parameter file makes, in a resource group where its template is for one. */
export type Predict = (path: string, resourceGroup?: string) => Promise<Snapshot>;

export function predictor(bicep: string, place: Place): { readonly predict: Predict; readonly end: () => void } {
  const child = spawn(bicep, ['jsonrpc', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const connection = createMessageConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  connection.listen();
  return {
    predict: async (path, resourceGroup) => {
      const metadata = resourceGroup === undefined ? place : { ...place, resourceGroup };
      const { snapshot } = await connection.sendRequest<{ snapshot: string }>('bicep/getSnapshot', { path, metadata });
      const { outputs, ...rest } = JSON.parse(snapshot) as Snapshot;
      // The compiler's order of outputs differs from call to call.
      return { ...rest, outputs: Object.fromEntries(Object.entries(outputs).toSorted(([a], [b]) => (a < b ? -1 : 1))) };
    },
    end: () => {
      connection.dispose();
      child.kill();
    },
  };
}

/** Where two snapshots differ: `path: old → new`. Resources are known by their ids. */
export function changesOf(old: unknown, now: unknown, at = ''): string[] {
  if (isDeepStrictEqual(old, now)) return [];
  if (typeof old === 'string' && typeof now === 'string') {
    const start = firstDifference(old, now);
    return [`${at}: ${text(around(old, start))} → ${text(around(now, start))}`];
  }
  if (!isObject(old) || !isObject(now)) return [`${at}: ${text(old)} → ${text(now)}`];
  const [before, after] = [members(old), members(now)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) =>
    changesOf(before.get(key), after.get(key), at === '' ? key : `${at} ${key}`),
  );
}

/** Index of the first character that differs. */
function firstDifference(a: string, b: string): number {
  let index = 0;
  while (index < a.length && a[index] === b[index]) index += 1;
  return index;
}

/** The part of a text from somewhat before a place: an expression can be thousands of characters long. */
function around(whole: string, place: number): string {
  const start = whole.length <= 120 ? 0 : Math.max(0, place - 40);
  return `${start > 0 ? '…' : ''}${whole.slice(start, start + 120)}${start + 120 < whole.length ? '…' : ''}`;
}

function members(value: object): Map<string, unknown> {
  if (!Array.isArray(value)) return new Map(Object.entries(value));
  return new Map(value.map((each, index) => [isObject(each) && 'id' in each ? String(each.id) : String(index), each]));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function text(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 300);
}
