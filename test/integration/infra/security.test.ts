import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Node } from 'web-tree-sitter';
import { REPO } from '../../support/bundle/child.ts';
import { declarationOf, files, MAIN, nodesOf, propertyOf, TEMPLATES, type Template } from './template.ts';

/** Microsoft's built-in roles, by their published ids. */
const ROLES: Record<string, string> = {
  'Storage Blob Data Owner': 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
  'Storage Blob Data Reader': '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
  'Storage Queue Data Contributor': '974c5e8b-45b9-4653-ba55-5f855dd0fb88',
  'Storage Queue Data Reader': '19e7f393-937e-4f77-808e-94535e297925',
  'Storage Table Data Contributor': '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
  'Storage Table Data Reader': '76199698-9eea-4c19-bc75-cec21354c6b6',
  'Monitoring Metrics Publisher': '3913510d-42f4-4e42-8a64-420c390055eb',
  'Key Vault Secrets User': '4633458b-17de-408a-b874-0445c86b69e6',
  'Key Vault Secrets Officer': 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7',
};
const read = (path: string) => readFileSync(join(REPO, path), 'utf8');
const GUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const roles = JSON.parse(read('infra/roles.json')) as Record<string, { name: string; id: string }>;
const at = (path: string) => TEMPLATES.find((template) => template.path === path) as Template;

/** The roles that a module of main.bicep hands out, by the names of roles.json; of each branch of a condition. */
function rolesOf(symbol: string): string[][] {
  const lists = [...nodesOf(declarationOf(MAIN, symbol) as Node)].filter(
    ({ type, parent }) => type === 'array' && parent?.type !== 'array',
  );
  return lists
    .map((list) => [...list.text.matchAll(/\broles\.(\w+)\.id/g)].map(([, key]) => roles[key ?? '']?.name ?? ''))
    .filter((names) => names.length > 0);
}

describe('roles', () => {
  it('of infra/roles.json are the ones named', () => {
    for (const { name, id } of Object.values(roles)) expect({ name, id }).toEqual({ name, id: ROLES[name] });
  });

  it('are used by these names only, and every name is used', () => {
    const used = TEMPLATES.flatMap(({ text }) => [...text.matchAll(/\broles\.(\w+)\.id/g)].map(([, key]) => key ?? ''));
    expect([...new Set(used)].toSorted()).toEqual(Object.keys(roles).toSorted());
    // What is deployed by itself has the ids that it needs with it: known ones.
    for (const { path, text } of TEMPLATES) {
      const known = path.startsWith('infra/sentinel/') ? Object.values(ROLES) : [];
      expect({ path, ids: (text.match(GUID) ?? []).filter((id) => !known.includes(id)) }).toEqual({ path, ids: [] });
    }
  });

  it('are the least: nothing but reading on the exports, unless their blob trigger is on', () => {
    expect(rolesOf('exportRoles')).toEqual([
      ['Storage Blob Data Reader'],
      ['Storage Blob Data Owner', 'Storage Queue Data Contributor'],
    ]);
    expect(rolesOf('hostRoles')).toEqual([
      ['Storage Blob Data Owner', 'Storage Queue Data Contributor', 'Storage Table Data Contributor'],
    ]);
    expect(rolesOf('hostOperators')).toEqual([
      ['Storage Blob Data Reader', 'Storage Queue Data Reader', 'Storage Table Data Reader'],
    ]);
    // `health` counts the poison queue of the blob trigger, where there is one, and nothing else of queues there.
    expect(rolesOf('exportOperators')).toEqual([['Storage Blob Data Reader'], ['Storage Queue Data Reader']]);
    expect(declarationOf(MAIN, 'exportOperators')?.text).toMatch(/trigger == 'off'\s+\? \[\]/);
  });

  it('are assigned under names that follow from scope, identity and role, each with a comment that names it', () => {
    const assignments = TEMPLATES.flatMap(({ root }) => root.namedChildren).filter(
      (node) =>
        node?.type === 'resource_declaration' && node.text.includes("'Microsoft.Authorization/roleAssignments@"),
    );
    expect(assignments.length).toBeGreaterThanOrEqual(4);
    for (const node of assignments) {
      expect(node?.text).toMatch(/name: guid\(\w+\.id, \w*[pP]rincipalId, \w+/);
      expect(node?.text).toMatch(
        /roleDefinitionId: subscriptionResourceId\(\s*'Microsoft\.Authorization\/roleDefinitions',/,
      );
    }
    const inComments = TEMPLATES.map(({ text }) => text.match(/^\s*\/\/ .*$/gm)?.join('\n') ?? '').join('\n');
    for (const { name } of Object.values(roles)) {
      expect(inComments).toContain(name.replace(/^Storage (Queue|Table) Data Reader$/, '$1 Data Reader'));
    }
  });
});

describe('private endpoints', () => {
  it('are made for what is used: the exports’ queues only where the blob trigger is on', () => {
    const endpoints = declarationOf(MAIN, 'endpoints')?.text.replaceAll(/\s+/g, ' ') ?? '';
    expect(endpoints.match(/service: '\w+'/g)).toHaveLength(6);
    expect(endpoints).toMatch(/trigger == 'off' \? \[\] : \[\{ of: 'exports', service: 'queue' \}\] \)$/);
  });
});

describe('storage accounts', () => {
  const account = declarationOf(at('infra/modules/storage.bicep'), 'account') as Node;
  const properties = propertyOf(account.namedChildren.at(-1) as Node, 'properties');
  it.each([
    ['allowBlobPublicAccess', 'false'],
    ['allowCrossTenantReplication', 'false'],
    ['supportsHttpsTrafficOnly', 'true'],
    ['minimumTlsVersion', "'TLS1_2'"],
  ])('have %s: %s', (name, value) => {
    expect(propertyOf(properties, name)?.text).toBe(value);
  });

  it('take no shared key, but for the exports’ where somebody asks for it', () => {
    expect(propertyOf(properties, 'allowSharedKeyAccess')?.text).toBe('allowSharedKeyAccess');
    expect(at('infra/modules/storage.bicep').text).toContain('param allowSharedKeyAccess bool = false');
    expect(MAIN.text).toContain('param exportSharedKeys bool = false');
    expect(MAIN.text.match(/allowSharedKeyAccess: .*/g)).toEqual(['allowSharedKeyAccess: exportSharedKeys']);
    expect(declarationOf(MAIN, 'exportStorage')?.text).toContain('allowSharedKeyAccess: exportSharedKeys');
  });

  it('are made in that one place', () => {
    for (const { path, resources, text } of TEMPLATES) {
      const made = resources.filter(({ type, symbol }) => {
        const isExisting = new RegExp(`resource ${symbol} '[^']+' existing`).test(text);
        return type === 'Microsoft.Storage/storageAccounts' && !isExisting;
      });
      expect({ path, made: made.length }).toEqual({ path, made: path === 'infra/modules/storage.bicep' ? 1 : 0 });
    }
  });
});

describe('templates', () => {
  it('ask for no key', () => {
    for (const { path, text } of TEMPLATES) {
      expect({ path, keys: text.match(/\blist(Keys|AccountSas|ServiceSas|Secrets|CallbackUrl)?\s*\(/g) }).toEqual({
        path,
        keys: null,
      });
      expect({ path, key: /AccountKey=|SharedAccessSignature|primaryKey/.test(text) }).toEqual({ path, key: false });
    }
  });

  it('put out no secret: no secure parameter, no connection string, no key', () => {
    for (const { path, root, outputs } of TEMPLATES) {
      const secure = root.namedChildren
        .filter(
          (node) => node?.type === 'parameter_declaration' && /@secure\(\)/.test(node.previousSibling?.text ?? ''),
        )
        .map((node) => node?.namedChildren[0]?.text ?? '');
      for (const { name, value } of outputs) {
        expect({ path, name, bad: secure.filter((each) => new RegExp(`\\b${each}\\b`).test(value)) }).toEqual({
          path,
          name,
          bad: [],
        });
        expect(`${name} ${value}`).not.toMatch(/connectionString|instrumentationKey|secret|password|\bkey\b/i);
      }
    }
    // The check sees secure parameters at all.
    expect(MAIN.text).toMatch(/@secure\(\)\nparam sinks /);
  });

  it('close the rest: no passwords, no local authentication, https, purge protection', () => {
    const all = TEMPLATES.map(({ text }) => text).join('\n');
    expect(at('infra/modules/monitoring.bicep').text).toMatch(/DisableLocalAuth: true/);
    expect(at('infra/modules/monitoring.bicep').text).toMatch(/disableLocalAuth: true/);
    expect(at('infra/modules/vault.bicep').text).toMatch(/enablePurgeProtection: true/);
    expect(at('infra/modules/vault.bicep').text).toMatch(/enableRbacAuthorization: true/);
    const app = at('infra/modules/function-app.bicep').text;
    expect(app).toMatch(/httpsOnly: true/);
    // Flex Consumption has no FTP.
    expect(app).toMatch(
      /basicPublishingCredentialsPolicies@[^{]*\{\s+parent: app\s+name: 'scm'\s+properties: \{\s+allow: false/,
    );
    expect(all).not.toMatch(/minTlsVersion: '1\.[01]'|TLS1_0|TLS1_1/);
  });
});

describe('infra/', () => {
  it('holds nothing that looks like a secret', () => {
    for (const path of files('infra', '')) {
      if (!/\.\w+$/.test(path)) continue;
      expect({ path, found: read(path).match(/whsec_|[A-Za-z0-9+/]{80,}={0,2}|sig=|AccountKey/g) }).toEqual({
        path,
        found: null,
      });
    }
  });
});
