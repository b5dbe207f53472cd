import { Code, ConnectError } from '@connectrpc/connect';
import { DomainError, type DomainErrorCode } from '../runs/errors.ts';

const codeOf: Record<DomainErrorCode, Code> = {
  invalid_argument: Code.InvalidArgument,
  not_found: Code.NotFound,
  already_exists: Code.AlreadyExists,
  failed_precondition: Code.FailedPrecondition,
  resource_exhausted: Code.ResourceExhausted,
  unavailable: Code.Unavailable,
  unimplemented: Code.Unimplemented,
  aborted: Code.Aborted,
  out_of_range: Code.OutOfRange,
  unauthenticated: Code.Unauthenticated,
  permission_denied: Code.PermissionDenied,
  data_loss: Code.DataLoss,
};

/**
 * The error that a caller gets for anything that was thrown. Our own errors keep their code and sentence;
 * what drivers throw becomes a code that says whether to try again and a sentence of ours; everything else
 * is INTERNAL and names only the request id. The original is the `cause`, for the log, and never sent.
 */
export function toConnectError(error: unknown, requestId: string): ConnectError {
  if (error instanceof ConnectError) return error;
  if (error instanceof DomainError) return withCause(error.message, codeOf[error.code], error.cause ?? error);
  if (isAbort(error)) return withCause('the call was cancelled', Code.Canceled, error);
  const [code, sentence] = driverFailure(error) ?? [Code.Internal, `internal error; request id ${requestId}`];
  return withCause(sentence, code, error);
}

function withCause(message: string, code: Code, cause: unknown): ConnectError {
  return new ConnectError(message, code, undefined, undefined, cause);
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

type Failure = readonly [Code, string];

const away: Failure = [Code.Unavailable, 'the database cannot be reached; try again'];
const busy: Failure = [Code.Unavailable, 'the database is busy; try again'];
const conflict: Failure = [Code.Aborted, 'the change met another one at the same time; try again'];
const full: Failure = [Code.ResourceExhausted, 'the disk of the database is full'];
const crowded: Failure = [
  Code.ResourceExhausted,
  'the database takes no further connection; try again later',
];
const slow: Failure = [Code.DeadlineExceeded, 'the database took too long to answer'];

/** Error codes of PostgreSQL (five characters), SQLite and the operating system that have a meaning for callers. */
const byCode = new Map<string, Failure>([
  ['53100', full],
  ['53200', crowded],
  ['53300', crowded],
  ['53400', crowded],
  ['57014', slow],
  ['57P01', away],
  ['57P02', away],
  ['57P03', away],
  ['57P05', away],
  ['55P03', busy],
  ['25P03', busy],
  ['25P04', slow],
  ['25006', [Code.Unavailable, 'the database is read-only; try again']],
  ['40001', conflict],
  ['40P01', conflict],
  ['ECONNREFUSED', away],
  ['ECONNRESET', away],
  ['ECONNABORTED', away],
  ['EPIPE', away],
  ['ETIMEDOUT', away],
  ['ENOTFOUND', away],
  ['EAI_AGAIN', away],
  ['EHOSTUNREACH', away],
  ['ENETUNREACH', away],
  ['ENOSPC', [Code.ResourceExhausted, 'the disk is full']],
  ['EDQUOT', [Code.ResourceExhausted, 'the disk is full']],
]);

function byPrefix(code: string): Failure | undefined {
  if (/^08...$/.test(code)) return away;
  if (/^SQLITE_FULL/.test(code)) return full;
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return busy;
  if (/^SQLITE_(CANTOPEN|IOERR|READONLY)/.test(code)) return away;
  return undefined;
}

/** Failures that node-postgres reports by a sentence alone, without a code. */
const withoutCode =
  /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Cannot use a pool after calling end|Client was closed/;

function driverFailure(error: unknown): Failure | undefined {
  for (const candidate of chain(error)) {
    const code = 'code' in candidate && typeof candidate.code === 'string' ? candidate.code : undefined;
    const failure = code === undefined ? undefined : (byCode.get(code) ?? byPrefix(code));
    if (failure) return failure;
    if (code === undefined && withoutCode.test(candidate.message)) return away;
  }
  return undefined;
}

/** The error and what caused it, the parts of an AggregateError included; at most eight, so that cycles end. */
function chain(error: unknown): Error[] {
  const found: Error[] = [];
  const queue: unknown[] = [error];
  while (queue.length > 0 && found.length < 8) {
    const next = queue.shift();
    if (!(next instanceof Error)) continue;
    found.push(next);
    if (next instanceof AggregateError) queue.push(...next.errors);
    if (next.cause !== undefined) queue.push(next.cause);
  }
  return found;
}
