import { ipAddressOf, ipRangeMatcher } from './ip_range.ts';
import type { Known, KnownEntry, KnownOf } from './known.ts';
import { namePatternOf } from './name_pattern.ts';
import { isOfProgram } from './program_hash.ts';

/**
 * Compiles the entries. An indicator takes precedence over what is expected, and of one list the first entry that matches
 * applies. Of a process as a whole, one address is enough for an indicator, and it is expected where each of its addresses is.
 */
export function knownMatcher(entries: readonly KnownEntry[]): KnownOf {
  const compiled = entries.map(compiledEntry);
  const indicators = compiled.filter(({ known }) => known.list === 'indicator');
  const expected = compiled.filter(({ known }) => known.list === 'expected');
  return ({ InitiatingProcessFileName, programHash, addresses }) => {
    const program = { name: InitiatingProcessFileName.toLowerCase(), hash: programHash };
    const parsed = addresses.map(ipAddressOf);
    const firstOf = (list: readonly Compiled[]) =>
      parsed.map((address) => list.find(({ matches }) => matches(program, address))?.known ?? null);
    const indicator = firstOf(indicators).find((known) => known !== null);
    if (indicator !== undefined) return indicator;
    const [first = null, ...others] = firstOf(expected);
    return others.includes(null) ? null : first;
  };
}

interface Compiled {
  readonly known: Known;
  readonly matches: (program: Program, address: ReturnType<typeof ipAddressOf>) => boolean;
}

interface Program {
  /** In lower case. */
  readonly name: string;
  readonly hash: string | null;
}

function compiledEntry({ list, reason, network, program, hash }: KnownEntry): Compiled {
  const holds = network === null ? null : ipRangeMatcher(network);
  const fits = program === '' ? null : (namePatternOf(program) ?? (() => false));
  return {
    known: { list, reason },
    matches: (one, address) =>
      (holds === null || holds(address)) &&
      (fits === null || fits(one.name)) &&
      (hash === '' || isOfProgram(hash, one.hash)),
  };
}
