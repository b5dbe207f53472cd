import { Code, ConnectError } from '@connectrpc/connect';

/** What the signal of a call says that ended as it should; one for all, because making it costs a stack trace. */
export const endedReason = new DOMException('the call has ended', 'AbortError');

/** A call whose client did not wait for its end. */
export const goneError = (cause?: unknown): ConnectError =>
  new ConnectError('the client is gone', Code.Canceled, undefined, undefined, cause);

/** A stream that ends because the service does. */
export const drainingError = (): ConnectError =>
  new ConnectError('draining: the service is shutting down, connect again', Code.Unavailable);

/**
 * A request that cannot be parsed, or is compressed without saying how, is its sender's mistake, but Connect
 * says INTERNAL, which clients retry: changes the code of such an error.
 */
export function blameSender(reason: unknown): void {
  if (!(reason instanceof ConnectError) || reason.code !== Code.Internal) return;
  if (!/^parse binary: |^received compressed envelope/.test(reason.rawMessage)) return;
  Object.assign(reason, { code: Code.InvalidArgument });
}
