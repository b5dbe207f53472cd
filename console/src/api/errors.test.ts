import { Code, ConnectError } from '@connectrpc/connect';
import { expect, it } from 'vitest';
import { errorText, isPassing } from './errors.ts';

it.each([
  [new TypeError('Failed to fetch'), 'The service can’t be reached.', true],
  [new ConnectError('HTTP 502', Code.Unavailable), 'The service can’t be reached.', true],
  [new ConnectError('the service is shutting down', Code.Unavailable), 'the service is shutting down', true],
  [new ConnectError('run x was not found', Code.NotFound), 'run x was not found', false],
  [new ConnectError('', Code.PermissionDenied), 'PermissionDenied', false],
])('says %s in words, and whether it may pass', (error, text, passing) => {
  expect([errorText(error), isPassing(error)]).toEqual([text, passing]);
});
