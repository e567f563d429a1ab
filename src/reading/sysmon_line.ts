import { type Buffer, isUtf8 } from 'node:buffer';
import type { Reading } from '../core/records/reading.ts';
import { MAX_XML_LENGTH } from '../core/sources/event_data.ts';
import { layoutOf, type UseOf } from './line_layout.ts';
import { SysmonLayout } from './sysmon_layout.ts';
import { isOfSysmon, productUses } from './sysmon_products.ts';

/** Lines of one export that may have another layout than the lines before, before a layout has served often enough. */
const FREE_TRIES = 16;
/** To learn a layout takes as long as to read some hundred lines with it. */
const LINES_PER_TRY = 1_000;

/**
 * Reads lines with one event of Sysmon without `JSON.parse` and without an XML parser, as Winlogbeat writes it
 * (`winlog.event_data`) and as a data export rule of Log Analytics does (table `Event`, XML in `EventData`). The layout of such a line is
 * learned from the first one, and only values of the same layout are taken from the next ones.
 *
 * Attackers write part of the values. A value with a character that JSON or XML reads as more than itself, an escape beyond the
 * usual ones, another member, another order: every such line is left to the parser. A property test holds both against each other.
 */
export class SysmonLines {
  readonly #known: KnownLayouts;
  #read = 0;
  #tries = 0;

  /** `isBrief`: without the facts that no row of `score` has. */
  constructor(isBrief: boolean) {
    this.#known = isBrief ? BRIEF : WHOLE;
  }

  /** The reading of a line; null for one that is left to the parser, also one with a fault. */
  read(bytes: Buffer): Reading | null {
    if (bytes.length > MAX_XML_LENGTH) return null;
    const line = bytes.toString('latin1');
    let reading = this.#known.read(line);
    if (reading === undefined) reading = this.#learn(line);
    if (reading === null || !isUtf8(bytes)) return null;
    this.#read++;
    return reading;
  }

  #learn(line: string): Reading | null {
    if (this.#tries >= FREE_TRIES + Math.floor(this.#read / LINES_PER_TRY)) return null;
    this.#tries++;
    return this.#known.learn(line);
  }
}

/** Layouts that are kept: of a log with few kinds of events, from computers with few versions of the agent. */
const MOST_LAYOUTS = 8;

/** The layouts that were learned in this process, the last used first. */
class KnownLayouts {
  readonly #uses: readonly UseOf[];
  readonly #layouts: SysmonLayout[] = [];

  constructor(isBrief: boolean) {
    this.#uses = productUses(isBrief);
  }

  /** See `SysmonLayout`. */
  read(line: string): Reading | null | undefined {
    for (let place = 0; place < this.#layouts.length; place++) {
      const reading = this.#layouts[place]?.read(line);
      if (reading === undefined) continue;
      if (place > 0) this.#moveToFront(place);
      return reading;
    }
    return undefined;
  }

  learn(line: string): Reading | null {
    for (const useOf of this.#uses) {
      const layout = layoutOf(line, useOf);
      if (layout === null || !isOfSysmon(layout)) continue;
      if (this.#layouts.some((known) => known.source === layout.pattern.source)) return null;
      this.#layouts.unshift(new SysmonLayout(layout));
      if (this.#layouts.length > MOST_LAYOUTS) this.#layouts.pop();
      return this.read(line) ?? null;
    }
    return null;
  }

  #moveToFront(place: number): void {
    this.#layouts.unshift(...this.#layouts.splice(place, 1));
  }
}

/** The layouts of this process: the exports of a product have the same ones. */
const BRIEF = new KnownLayouts(true);
const WHOLE = new KnownLayouts(false);
