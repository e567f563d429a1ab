/** The header of the platform's sign-in for claims of a token. */
export function principalHeader(
  claims: Readonly<Record<string, string | readonly string[]>>,
  changes: object = {},
): string {
  const list = Object.entries(claims).flatMap(([typ, vals]) => [vals].flat().map((val) => ({ typ, val })));
  const json = { auth_typ: 'aad', claims: list, name_typ: 'name', role_typ: 'roles', ...changes };
  return Buffer.from(JSON.stringify(json)).toString('base64');
}
