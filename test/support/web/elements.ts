/** The tags of a page with the names of their attributes, without texts and values. */
export function elementsOf(page: string): string[] {
  const body = page.slice(page.indexOf('<body>'));
  return [...body.matchAll(/<(\/?[a-zA-Z0-9]+)((?:\s+[a-zA-Z-]+(?:="[^"]*")?)*)\s*\/?>/g)].map(
    ([, tag, attributes = '']) =>
      `${tag} ${[...attributes.matchAll(/([a-zA-Z-]+)="/g)].map(([, name]) => name).join(' ')}`,
  );
}
