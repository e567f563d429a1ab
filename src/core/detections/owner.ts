/** Who owns a remote address, by a database of the operator. Texts of that database: treat them as hostile. */
export interface Owner {
  /** Number of the autonomous system; null where the database has none. */
  readonly asn: number | null;
  /** '' where the database has none; so too the country. */
  readonly organisation: string;
  /** `NL` */
  readonly country: string;
}

/** The owner of an address; null where the database does not know it, or there is no database. */
export type OwnerOf = (address: string) => Owner | null;

/** `AS64496 Example Hosting, NL` */
export function ownerText({ asn, organisation, country }: Owner): string {
  const name = [...(asn === null ? [] : [`AS${asn}`]), ...(organisation === '' ? [] : [organisation])].join(' ');
  return [name, country].filter((text) => text !== '').join(', ');
}
