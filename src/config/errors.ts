/**
 * A reason why the service cannot start, in one sentence that a person can act on. Whoever starts the
 * process prints the message alone (no stack) and exits with code 1.
 */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}
