/** The user must change the call: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command failed, or attention is needed: exit code 1, the message without a stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
