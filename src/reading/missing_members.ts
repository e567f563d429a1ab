import type { Needed } from '../core/records/reading.ts';
import type { LocatedReport } from './located_report.ts';

/** Reports that wait until a report has what they lack. */
const MAX_WAITING = 1_000;

/** Members that are part of a group's key: without them, reports of several devices would become one group. */
const KEYS: readonly Needed[] = ['DeviceName', 'InitiatingProcessFileName', 'Image', 'Application'];

/**
 * Members that the rule needs and that every record of a file lacks. Null and empty values are none of this: the rule
 * groups by them. A few records may lack a member as well, since some products do not write what is null. So reports
 * without a key wait for the first report that has one; if there is none, they are not counted.
 */
export class MissingMembers {
  readonly #lacking = new Map<Needed, number>();
  readonly #seen = new Set<Needed>();
  #records = 0;
  #reports = 0;
  #waiting: LocatedReport[] = [];
  /** Reports without a key that are not counted, by the member. */
  readonly uncounted = new Map<Needed, number>();

  /** The reports that can be counted now, in order. */
  takeAll(reports: readonly LocatedReport[]): readonly LocatedReport[] {
    if (this.#waiting.length > 0 || reports.some(({ lacks }) => lacks !== undefined)) {
      return reports.flatMap((located) => this.#take(located));
    }
    this.#records += reports.length;
    this.#reports += reports.length;
    if (reports.length > 0) for (const key of KEYS) this.#seen.add(key);
    return reports;
  }

  #take(located: LocatedReport): readonly LocatedReport[] {
    this.#records++;
    this.#reports++;
    const { lacks = [] } = located;
    for (const member of lacks) this.#count(member);
    for (const key of KEYS) if (!lacks.includes(key)) this.#seen.add(key);
    if (this.#mustWait(located)) {
      if (this.#waiting.length < MAX_WAITING) this.#waiting.push(located);
      else this.#drop(located);
      return [];
    }
    if (this.#waiting.length === 0) return [located];
    const ready = this.#waiting.filter((each) => !this.#mustWait(each));
    this.#waiting = this.#waiting.filter((each) => this.#mustWait(each));
    return [...ready, located];
  }

  /** Takes reports of addresses that are not in scope, and how many of them have no address at all. */
  addExcluded(excluded: number, withoutAddress: number): void {
    this.#records += excluded;
    for (let n = 0; n < withoutAddress; n++) this.#count('RemoteIP');
  }

  /** The file has ended. Returns the members that every record lacks. */
  end(): readonly Needed[] {
    for (const located of this.#waiting) this.#drop(located);
    this.#waiting = [];
    // A record whose address is not in scope shows nothing about the other members.
    const all = (member: Needed): number => (member === 'RemoteIP' ? this.#records : this.#reports);
    return [...this.#lacking].filter(([member, times]) => times === all(member)).map(([member]) => member);
  }

  #mustWait({ lacks = [] }: LocatedReport): boolean {
    return lacks.some((member) => KEYS.includes(member) && !this.#seen.has(member));
  }

  #drop({ lacks = [] }: LocatedReport): void {
    const member = lacks.find((each) => KEYS.includes(each) && !this.#seen.has(each));
    if (member !== undefined) this.uncounted.set(member, (this.uncounted.get(member) ?? 0) + 1);
  }

  #count(member: Needed): void {
    this.#lacking.set(member, (this.#lacking.get(member) ?? 0) + 1);
  }
}
