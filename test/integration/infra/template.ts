import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPO } from '../../support/bundle/child.ts';

/** One Bicep file as text. What it deploys is in the snapshots: predicted.ts. */
export interface Template {
  /** From the repo's root: `infra/main.bicep`. */
  readonly path: string;
  readonly text: string;
  readonly outputs: readonly { readonly name: string }[];
}

export function files(folder: string, suffix: string): string[] {
  return readdirSync(join(REPO, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(suffix))
    .map((name) => join(folder, name))
    .sort();
}

export const read = (path: string) => readFileSync(join(REPO, path), 'utf8');

export const TEMPLATES: readonly Template[] = files('infra', '.bicep').map((path) => {
  const text = read(path);
  return { path, text, outputs: [...text.matchAll(/^output (\w+) /gm)].map(([, name = '']) => ({ name })) };
});
export const MAIN = TEMPLATES.find(({ path }) => path === 'infra/main.bicep') as Template;
