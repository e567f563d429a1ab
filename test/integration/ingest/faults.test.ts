import { describe, expect, it } from 'vitest';
import { LONG } from '../../support/effort.ts';
import { type Gate, type Outcome, perform } from '../../support/ingest/gate.ts';
import { memoryGround } from '../../support/ingest/grounds.ts';
import { Death, type Play, play, START } from '../../support/ingest/happenings.ts';

/** To die before a call is to die after the one before it. */
type Fault = Exclude<Outcome, 'run'> | 'die-after';
const FAULTS: readonly Fault[] = ['fail-before', 'fail-after', 'refuse-after', 'die-after'];

/** Everything goes through but the call of that number. */
function faultAt(number: number, fault: Fault): Gate {
  let calls = 0;
  let isDead = false;
  return async (call) => {
    if (isDead) throw new Death();
    if (calls++ !== number) return await call.run();
    if (fault !== 'die-after') return await perform(call, fault);
    isDead = true;
    await call.run();
    throw new Death();
  };
}

function inMemory(): Play {
  let now = START;
  const clock = (): number => now;
  const ground = memoryGround(clock);
  return { ground, clock, setNow: (ms) => (now = ms), happenings: Number.POSITIVE_INFINITY };
}

describe('a fault at any storage call of ingest and sweep, before and after it takes effect', () => {
  it('leaves, one clean worker later, the rows, dead letters and states of a clean pass', async () => {
    const ops: string[] = [];
    const counting: Gate = (call) => {
      ops.push(call.op);
      return call.run();
    };
    const clean = await play(inMemory(), counting);
    expect(clean.rows).toHaveLength(11);
    expect(clean.letters).toHaveLength(8);
    expect(clean.states).toMatchObject([
      { name: 'a', generation: 0, leasedAt: null, failures: 0 },
      { name: 'b', generation: 1, leasedAt: null, failures: 0 },
      { name: 'c', generation: 0, leasedAt: null, failures: 0, refused: true, raw: true },
    ]);
    // What a fault may hit: where ingest or the sweep comes to call more, it is met without anyone thinking of it.
    expect([...new Set(ops)].sort()).toMatchInlineSnapshot(`
      [
        "deadLetters.add",
        "deadLetters.close",
        "exportStates.get",
        "exportStates.insert",
        "exportStates.list",
        "exportStates.replace",
        "exports.info",
        "exports.list",
        "exports.list next",
        "exports.read",
        "hourlyCounts.merge",
        "queues.send",
        "queues.waiting",
        "runs.boundaries",
      ]
    `);
    for (const [number, op] of ops.entries()) {
      // Every run: the first and the last call of a kind; the long tests: every call.
      if (!LONG && number !== ops.indexOf(op) && number !== ops.lastIndexOf(op)) continue;
      for (const fault of FAULTS) {
        if (fault === 'refuse-after' && !/insert|replace/.test(op)) continue;
        expect(await play(inMemory(), faultAt(number, fault)), `${fault} at call ${number}, ${op}`).toEqual(clean);
      }
    }
  });
});
