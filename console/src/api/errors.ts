import { Code, ConnectError } from '@connectrpc/connect';

/** What went wrong, in a sentence for a person. */
export function errorText(error: unknown): string {
  const connect = ConnectError.from(error);
  const unreachable = connect.code === Code.Unknown && /fetch|network/i.test(connect.rawMessage);
  // What proxies say of a service behind them that is gone has no words in it.
  if (unreachable || (connect.code === Code.Unavailable && /^HTTP \d+$/.test(connect.rawMessage))) {
    return 'The service can’t be reached.';
  }
  const refused = connect.code === Code.PermissionDenied || connect.code === Code.Unauthenticated;
  if (refused && /^(HTTP \d+)?$/.test(connect.rawMessage)) {
    const what = connect.code === Code.Unauthenticated ? 'You have to log in' : 'You may not do this';
    return `${what}: the service, or a proxy in front of it, refused the request${connect.rawMessage === '' ? '' : ` (${connect.rawMessage})`}.`;
  }
  return connect.rawMessage === '' ? Code[connect.code] : connect.rawMessage;
}

/** Whether asking again in the same way can help: the service was away or busy, and did not refuse the request. */
export function isPassing(error: unknown): boolean {
  switch (ConnectError.from(error).code) {
    case Code.InvalidArgument:
    case Code.NotFound:
    case Code.AlreadyExists:
    case Code.PermissionDenied:
    case Code.Unauthenticated:
    case Code.Unimplemented:
    case Code.OutOfRange:
    case Code.FailedPrecondition:
      return false;
    default:
      return true;
  }
}
