import { sha256 } from '../../storage/keys.ts';

const DIGITS = 12;

/** 48 bits that stand for a process and a network. An attacker chooses the names of processes, so it is SHA-256. */
export function pairHashOf(process: string, network: string): number {
  return Number.parseInt(sha256([process, network]).slice(0, DIGITS), 16);
}
