import { describe, expect, it } from 'vitest';
import { pictureOf, withPicture } from '../../../scripts/infra_picture.ts';
import { changesOf } from '../../../scripts/predictor.ts';
import { evaluated, resolved, settingsOf } from '../../../scripts/snapshot.ts';
import { deploymentOf, SETS, snapshotOf } from './predicted.ts';

describe('evaluated(text)', () => {
  it.each([
    ['plain', 'plain'],
    ['[[not an expression]', '[not an expression]'],
    ["[format('{1}-{0}', 'a', 12)]", '12-a'],
    ["[union(createObject('A', 'it''s'), createObject('B', createArray('x', -1)))]", { A: "it's", B: ['x', -1] }],
    ['[environment().suffixes.storage]', 'core.windows.net'],
    ["[createArray('a', 'b')[1]]", 'b'],
    ["[if(false(), 'a', 'b')]", 'b'],
  ])('of %s is %j', (text, value) => {
    expect(evaluated(text)).toEqual(value);
  });

  it.each(['[format(]', '[1 + 2]', "[format('x'))]", '[x]'])('throws on %s', (text) => {
    expect(() => evaluated(text)).toThrow();
  });
});

describe('resolved(snapshot)', () => {
  it('shows in «…» what only the deployment knows', () => {
    const of = (value: string) => resolved({ ...snapshotOf('default'), outputs: { value } }).outputs['value'];
    expect(of("[reference('/subscriptions/s/resourceGroups/g/providers/M.S/storageAccounts/a', '2024').x.blob]")).toBe(
      '«storageAccount a.x.blob»',
    );
    expect(of("[format('https://{0}/', reference('/a/identities/b', '1').host)]")).toBe('https://«identity b.host»/');
    expect(of("[if(empty(parameters('p')), 'a', 'b')]")).toMatch(/^«if\(/);
  });

  it.each(SETS)('leaves no expression in %s', (set) => {
    expect(JSON.stringify(deploymentOf(set))).not.toMatch(/"\[[a-z]\w*\(/);
  });
});

describe('settingsOf(snapshot)', () => {
  it('is nothing where no app is deployed', () => {
    expect(settingsOf(snapshotOf('sentinel-alone'))).toBeUndefined();
  });
});

describe('changesOf(old, now)', () => {
  const { predictedResources, ...rest } = snapshotOf('default');
  it('is empty for equal snapshots', () => {
    expect(changesOf(snapshotOf('default'), structuredClone(snapshotOf('default')))).toEqual([]);
  });

  it('names what was dropped, and what differs, by resource and property', () => {
    const [group, ...others] = predictedResources;
    const changed = {
      ...rest,
      predictedResources: others.map((each, index) => (index === 0 ? { ...each, location: 'x' } : each)),
    };
    const changes = changesOf(snapshotOf('default'), changed);
    expect(changes).toHaveLength(2);
    expect(changes[0]).toContain(`${group?.id}: {`);
    expect(changes[0]).toMatch(/→ nothing$/);
    expect(changes[1]).toMatch(/ location: "westeurope" → "x"$/);
  });
});

describe('changesOf(old, now) of long texts', () => {
  it('shows them from somewhat before the first character that differs', () => {
    const [change] = changesOf({ text: `${'a'.repeat(500)}old` }, { text: `${'a'.repeat(500)}new` });
    expect(change).toBe(`text: "…${'a'.repeat(40)}old" → "…${'a'.repeat(40)}new"`);
  });
});

describe('the picture of docs/deploy.md', () => {
  const picture = pictureOf(snapshotOf('default'));
  it('has the resources that a person names, the log that alerts read, and the roles of the app', () => {
    for (const box of [
      'Function app',
      'Identity',
      'Key Vault',
      'Event Grid topic',
      'Log Analytics',
      'Workbook',
      '7 alerts',
    ]) {
      expect(picture).toContain(box);
    }
    expect(picture.match(/Storage account/g)).toHaveLength(2);
    expect(picture).toMatch(
      /r\d+ -->\|"Storage Blob Data Owner<br>Storage Queue Data Contributor<br>Storage Table Data Contributor"\| r\d+/,
    );
  });

  it('stands between its marks', () => {
    const page = 'a\n<!-- picture: npm run infra -- --write -->\nold\n<!-- /picture -->\nb\n';
    expect(withPicture(page, 'new')).toBe(page.replace('old', 'new'));
    expect(() => withPicture('a', 'new')).toThrow('no place for the picture');
  });
});
