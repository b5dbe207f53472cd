/** What went wrong, in the words of the RPC status codes that clients see. */
export type DomainErrorCode =
  | 'invalid_argument'
  | 'not_found'
  | 'already_exists'
  | 'failed_precondition'
  | 'resource_exhausted'
  | 'unavailable'
  | 'unimplemented'
  | 'aborted'
  | 'out_of_range'
  | 'unauthenticated'
  | 'permission_denied'
  | 'data_loss';

/**
 * An error that the caller may read: its message is one sentence that says what to change.
 * One module of the RPC layer maps it to a status code.
 */
export class DomainError extends Error {
  readonly code: DomainErrorCode;

  constructor(code: DomainErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'DomainError';
    this.code = code;
  }
}

/** The request itself is wrong, whatever the state of the service. */
export const invalidArgument = (message: string) => new DomainError('invalid_argument', message);

/** The named thing does not exist, or not for this caller. */
export const notFound = (message: string) => new DomainError('not_found', message);

/** The name is taken by something else. */
export const alreadyExists = (message: string) => new DomainError('already_exists', message);

/** The thing exists but is in the wrong state for this call. */
export const failedPrecondition = (message: string) => new DomainError('failed_precondition', message);

/** A bound of the service was reached; trying later may work. */
export const resourceExhausted = (message: string) => new DomainError('resource_exhausted', message);

/** The service can't answer right now; trying again is safe. */
export const unavailable = (message: string, cause?: unknown) =>
  new DomainError('unavailable', message, { cause });

/** Not built in this version. */
export const unimplemented = (message: string) => new DomainError('unimplemented', message);
