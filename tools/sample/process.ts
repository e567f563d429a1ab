import { HOUR_MS, MINUTE_MS } from '../../src/core/kql/timespan.ts';
import { type Device, SYSTEM, type User } from './device.ts';
import { anyInstant } from './instant.ts';
import type { Plan } from './plan.ts';
import type { Program } from './program.ts';
import { randomOf } from './random.ts';
import { SECOND_MS } from './span.ts';

/** A program that runs on one device, the same in all hours of the tenant. */
export interface Process {
  readonly program: Program;
  readonly id: number;
  readonly parentId: number;
  readonly created: string;
  readonly parentCreated: string;
  readonly uniqueId: string;
  readonly sessionId: number;
  readonly user: User;
}

/** The processes of a device, each created on first use. */
export function processesOf(plan: Plan, device: Device): (program: Program) => Process {
  const processes = new Map<Program, Process>();
  return (program) => {
    const process = processes.get(program) ?? seededProcessOf(plan.seed, plan.start, device, program);
    processes.set(program, process);
    return process;
  };
}

/** The process of a program on one device. */
export function seededProcessOf(seed: number, startMs: number, device: Device, program: Program): Process {
  const random = randomOf(seed, 'process', device.index, program.path ?? '');
  const createdMs = startMs - random.int(2 * MINUTE_MS, 40 * HOUR_MS);
  const parentCreatedMs = createdMs - random.int(SECOND_MS, 30 * MINUTE_MS);
  const bySystem = program.runBy === 'system';
  return {
    program,
    id: random.int(400, 8_000) * 4,
    parentId: random.int(100, 800) * 4,
    created: anyInstant(createdMs, random),
    parentCreated: anyInstant(parentCreatedMs, random),
    uniqueId: String(random.int(1, 2_000_000_000)),
    sessionId: bySystem ? 0 : random.int(1, 3),
    user: bySystem ? SYSTEM : device.user,
  };
}
