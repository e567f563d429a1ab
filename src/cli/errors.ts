/** What the user has to say otherwise: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What went wrong and cannot go on: exit code 1, the message alone without a stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
