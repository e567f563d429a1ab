/** What the compiler predicts that a deployment makes: the files of test/integration/infra/snapshots, which `npm run infra` validates. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Predicted, resolved, type Snapshot } from '../../../scripts/snapshot.ts';
import { REPO } from '../../support/bundle/child.ts';
import { files, read } from './template.ts';

const FOLDER = 'test/integration/infra/snapshots';
/** The sets of parameters, by name. */
export const SETS = files(FOLDER, '.bicepparam').map((path) => basename(path, '.bicepparam'));
/** Those that deploy the whole system. */
export const SYSTEMS = SETS.filter((set) => set !== 'sentinel-alone');

const snapshots = new Map(
  SETS.map((set) => [set, JSON.parse(readFileSync(join(REPO, FOLDER, `${set}.snapshot.json`), 'utf8')) as Snapshot]),
);
const evaluated = new Map([...snapshots].map(([set, snapshot]) => [set, resolved(snapshot)]));

/** As the compiler writes it, expressions and all. */
export function snapshotOf(set: string): Snapshot {
  const found = snapshots.get(set);
  if (found === undefined) throw new Error(`no snapshot ${set}`);
  return found;
}

/** With its expressions evaluated as far as they can be; what is left is text in «…». */
export function deploymentOf(set: string): Snapshot {
  return evaluated.get(set) as Snapshot;
}

export function resourcesOf(set: string, type: string): Predicted[] {
  return deploymentOf(set).predictedResources.filter((resource) => resource.type === type);
}

/** The one resource of a type, whose name begins so. */
export function resourceOf(set: string, type: string, name = ''): Predicted {
  const [found, ...more] = resourcesOf(set, type).filter((resource) => resource.name.startsWith(name));
  if (found === undefined || more.length > 0) {
    throw new Error(`${set} has ${found === undefined ? 'no' : 'more than one'} ${type} ${name}`);
  }
  return found;
}

/** A property by its path: `properties.networkAcls.bypass`. */
export function valueAt(resource: Predicted, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], resource);
}

/** The app settings of every set. */
export const SETTINGS = JSON.parse(read(`${FOLDER}/settings.json`)) as Readonly<
  Record<string, Readonly<Record<string, string>>>
>;
/** The modules of main.bicep, each with those that it waits for. */
export const ORDER = JSON.parse(read(`${FOLDER}/order.json`)) as Readonly<Record<string, readonly string[]>>;

/** Microsoft's built-in roles, by their published ids. */
export const ROLES: Readonly<Record<string, string>> = {
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': 'Storage Blob Data Owner',
  '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1': 'Storage Blob Data Reader',
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88': 'Storage Queue Data Contributor',
  '19e7f393-937e-4f77-808e-94535e297925': 'Storage Queue Data Reader',
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3': 'Storage Table Data Contributor',
  '76199698-9eea-4c19-bc75-cec21354c6b6': 'Storage Table Data Reader',
  '3913510d-42f4-4e42-8a64-420c390055eb': 'Monitoring Metrics Publisher',
  '4633458b-17de-408a-b874-0445c86b69e6': 'Key Vault Secrets User',
  'b86a8fe4-44ce-4948-aee5-eccb2c155cd7': 'Key Vault Secrets Officer',
};

/** The part of every name that follows from subscription, environment and region. */
const TOKEN = String(deploymentOf('default').outputs['KEY_VAULT_NAME']).slice('kv-bw-'.length);

/** Every role that a deployment assigns: `app: Storage Blob Data Owner on bwhost`, in order of the alphabet. */
export function rolesOf(set: string): string[] {
  return resourcesOf(set, 'Microsoft.Authorization/roleAssignments')
    .map((assignment) => {
      const target = assignment.id.split('/providers/Microsoft.Authorization/')[0]?.split('/').at(-1) ?? '';
      const principal = String(valueAt(assignment, 'properties.principalId'));
      const role = String(valueAt(assignment, 'properties.roleDefinitionId')).split('/').at(-1) ?? '';
      const who = principal.startsWith('«userAssignedIdentity id-beaconwatch-') ? 'app' : principal;
      return `${who}: ${ROLES[role] ?? `unknown role ${role}`} on ${target.replace(new RegExp(`-?${TOKEN}$`), '')}`;
    })
    .toSorted();
}
