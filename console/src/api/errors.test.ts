import { Code, ConnectError } from '@connectrpc/connect';
import { expect, it } from 'vitest';
import { errorText, isPassing } from './errors.ts';

it.each([
  [new TypeError('Failed to fetch'), 'The service can’t be reached.', true],
  [new ConnectError('HTTP 502', Code.Unavailable), 'The service can’t be reached.', true],
  [new ConnectError('the service is shutting down', Code.Unavailable), 'the service is shutting down', true],
  [new ConnectError('run x was not found', Code.NotFound), 'run x was not found', false],
  [
    new ConnectError('HTTP 403', Code.PermissionDenied),
    'You may not do this: the service, or a proxy in front of it, refused the request (HTTP 403).',
    false,
  ],
  [
    new ConnectError('', Code.Unauthenticated),
    'You have to log in: the service, or a proxy in front of it, refused the request.',
    false,
  ],
  [new ConnectError('not for you', Code.PermissionDenied), 'not for you', false],
  [new ConnectError('', Code.Internal), 'Internal', true],
])('says %s in words, and whether it may pass', (error, text, passing) => {
  expect([errorText(error), isPassing(error)]).toEqual([text, passing]);
});
