/** The picture of docs/deploy.md, from what `bicep snapshot` predicts: Mermaid, which the page's readers see drawn. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPO } from './bicep.ts';
import { type Predicted, resolved, type Snapshot } from './snapshot.ts';

const BEGIN = '<!-- picture: npm run infra -- --write -->';
const END = '<!-- /picture -->';
const ROLES = JSON.parse(readFileSync(join(REPO, 'infra/roles.json'), 'utf8')) as Record<
  string,
  { readonly id: string; readonly name: string }
>;
/** What a person calls a type. A type that is not here belongs to the resource that it configures, and is not drawn. */
const KINDS: Readonly<Record<string, string>> = {
  'Microsoft.EventGrid/systemTopics': 'Event Grid topic',
  'Microsoft.Insights/components': 'Application Insights',
  'Microsoft.Insights/workbooks': 'Workbook',
  'Microsoft.KeyVault/vaults': 'Key Vault',
  'Microsoft.ManagedIdentity/userAssignedIdentities': 'Identity',
  'Microsoft.OperationalInsights/workspaces': 'Log Analytics',
  'Microsoft.Storage/storageAccounts': 'Storage account',
  'Microsoft.Web/serverfarms': 'Plan, Flex Consumption',
  'Microsoft.Web/sites': 'Function app',
};
const ALERTS = 'Microsoft.Insights/scheduledQueryRules';

/** Boxes are resources; arrows are references to another resource, and roles of the identity with their names. */
export function pictureOf(snapshot: Snapshot): string {
  const resources = resolved(snapshot).predictedResources;
  const drawn = resources.filter(({ type }) => type in KINDS);
  const boxes = new Map(drawn.map(({ id }, index) => [id, `r${index}`]));
  const owner = (text: string): string | undefined =>
    drawn.filter(({ id }) => text === id || text.startsWith(`${id}/`)).toSorted((a, b) => b.id.length - a.id.length)[0]
      ?.id;
  const alerts = resources.filter(({ type }) => type === ALERTS);
  const arrows = new Set<string>();
  const arrow = (from: string, to: string, label = '') => {
    if (from !== to) arrows.add(`  ${boxes.get(from)} -->${label === '' ? '' : `|"${label}"|`} ${boxes.get(to)}`);
  };
  for (const resource of resources) {
    if (resource.type === 'Microsoft.Authorization/roleAssignments') continue;
    const from = owner(resource.id.replace(/\/providers\/Microsoft\.Insights\/diagnosticSettings\/.*$/, ''));
    if (from !== undefined) for (const to of mentionedIn(resource).map(owner)) if (to !== undefined) arrow(from, to);
  }
  for (const [target, names] of rolesOf(resources)) {
    const to = owner(target);
    const identity = drawn.find(({ type }) => type.endsWith('/userAssignedIdentities'))?.id;
    if (to !== undefined && identity !== undefined) arrow(identity, to, names.join('<br>'));
  }
  const log = drawn.find(({ type }) => type === 'Microsoft.OperationalInsights/workspaces')?.id ?? '';
  return [
    '```mermaid',
    'flowchart LR',
    `  subgraph g["${resources.find(({ type }) => type === 'Microsoft.Resources/resourceGroups')?.name}"]`,
    ...drawn.map(({ id, type, name }) => `  ${boxes.get(id)}["${KINDS[type]}${named(name)}"]`),
    `  alerts["${alerts.length} alerts"]`,
    '  end',
    ...arrows,
    `  alerts --> ${boxes.get(log)}`,
    '```',
  ].join('\n');
}

/** Its name with the part that every deployment has of its own left open; none where the name is an id. */
function named(name: string): string {
  return /^[0-9a-f-]{36}$/.test(name) ? '' : `<br>${name.replace(/[0-9a-z]{13}$/, '…')}`;
}

/** Ids that a resource's properties name. */
function mentionedIn({ id: _, ...rest }: Predicted): string[] {
  const text = JSON.stringify(rest);
  const hosts = [...text.matchAll(/https:\/\/(\w+)\.(?:blob|queue|table)\./g)].map(([, name]) => `${name}`);
  return [...(text.match(/\/subscriptions\/[\w./-]+/g) ?? []), ...hosts];
}

/** Roles of identities by the resource that they are on. */
function rolesOf(resources: readonly Predicted[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { id, type, properties } of resources) {
    if (type !== 'Microsoft.Authorization/roleAssignments') continue;
    const target = id.replace(/\/providers\/Microsoft\.Authorization\/.*$/, '');
    const role = String((properties as { roleDefinitionId: string }).roleDefinitionId)
      .split('/')
      .at(-1);
    const name = Object.values(ROLES).find((each) => each.id === role)?.name ?? `role ${role}`;
    found.set(target, [...(found.get(target) ?? []), name]);
  }
  return found;
}

/** The page with this picture in the place of the old one. */
export function withPicture(page: string, picture: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/deploy.md has no place for the picture: ${BEGIN} … ${END}`);
  return `${page.slice(0, begin)}${BEGIN}\n${picture}\n${page.slice(end)}`;
}
