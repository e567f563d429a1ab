/** Set in the package of the command line alone (scripts/pack-cli.ts). */
declare const BEACONWATCH_COMMAND: string | undefined;

/** What a person types to run this program: the name of the command, or the npm script of a checkout. */
export const COMMAND_NAME = typeof BEACONWATCH_COMMAND === 'string' ? BEACONWATCH_COMMAND : 'npm run -s beaconwatch --';
