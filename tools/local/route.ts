/**
 * The decoded parameters of a path by a route template; null if the path does not match.
 * `routeParams('detections/{id?}', 'detections')` is `{}`.
 */
export function routeParams(template: string, path: string): Record<string, string> | null {
  const wanted = segmentsOf(template);
  const given = segmentsOf(path);
  if (given.length > wanted.length) return null;
  const params: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index];
    const [, name, optional] = /^\{(\w+)(\??)\}$/.exec(segment) ?? [];
    if (name === undefined) {
      if (value !== segment) return null;
    } else if (value !== undefined) {
      params[name] = value;
    } else if (optional === '') {
      return null;
    }
  }
  return params;
}

function segmentsOf(path: string): string[] {
  return path
    .split('/')
    .filter((segment) => segment !== '')
    .map(decoded);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
