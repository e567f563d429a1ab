/** A container is damaged, or larger than what is read of it. The message says what to do. */
export class ContainerError extends Error {
  override readonly name = 'ContainerError';
  readonly code = 'CONTAINER';
}
