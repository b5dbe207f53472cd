import { Code, ConnectError } from '@connectrpc/connect';

/** A call that did not succeed and may be tried again. */
export class TellError extends Error {
  /** As metrics name it. */
  readonly code: string;
  /** Whether the peer as a whole seems to be out of reach, rather than this one call having failed. */
  readonly isAway: boolean;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TellError';
    this.code = Code[code];
    this.isAway = AWAY.has(code);
  }
}

/** What the peer will never accept, and its sentence. */
export interface Refusal {
  readonly code: Code;
  readonly sentence: string;
}

/** Nobody is there, or whoever is there does not let this service in: then nothing else would go through either. */
const AWAY = new Set<Code>([
  Code.Unavailable,
  Code.DeadlineExceeded,
  Code.Unimplemented,
  Code.Unauthenticated,
  Code.PermissionDenied,
]);

const REFUSALS = new Set<Code>([Code.InvalidArgument, Code.NotFound, Code.FailedPrecondition]);

const MAX_SENTENCE = 1000;

/**
 * Makes a call: resolves with undefined if it was done, or had been done before, and with the refusal if it will never be.
 * Throws a TellError if it should be tried again. UNIMPLEMENTED counts among these: it is what a wrong address answers.
 */
export async function attemptCall(call: () => Promise<unknown>): Promise<Refusal | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    const failure = ConnectError.from(error, Code.Unavailable);
    return judge(hasNoAnswer(failure) ? Code.Unavailable : failure.code, failure.rawMessage, error);
  }
}

/** What has its cause here did not come from the peer: its certificate is not trusted, it speaks no TLS, or it hung up. */
function hasNoAnswer({ code, cause }: ConnectError): boolean {
  const isOurs = cause instanceof Error && 'code' in cause && typeof cause.code === 'string';
  return isOurs && (code === Code.Internal || code === Code.Aborted);
}

/** The same for an answer that carries its status. */
export function judge(code: Code, message: string, cause?: unknown): Refusal | undefined {
  const text = message.slice(0, MAX_SENTENCE);
  if (code === Code.AlreadyExists) return undefined;
  if (REFUSALS.has(code)) return { code, sentence: text || Code[code] };
  throw new TellError(code, text || Code[code], { cause });
}
