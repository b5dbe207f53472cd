import { Code, ConnectError } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import { DomainError, type DomainErrorCode } from '../runs/errors.ts';
import { toConnectError } from './errors.ts';

const withCode = (code: string, message = 'relation "secret_table" at 10.0.0.7') =>
  Object.assign(new Error(message), { code });

test.each<[DomainErrorCode, Code]>([
  ['invalid_argument', Code.InvalidArgument],
  ['not_found', Code.NotFound],
  ['already_exists', Code.AlreadyExists],
  ['failed_precondition', Code.FailedPrecondition],
  ['resource_exhausted', Code.ResourceExhausted],
  ['unavailable', Code.Unavailable],
  ['unimplemented', Code.Unimplemented],
  ['aborted', Code.Aborted],
  ['out_of_range', Code.OutOfRange],
  ['unauthenticated', Code.Unauthenticated],
  ['permission_denied', Code.PermissionDenied],
  ['data_loss', Code.DataLoss],
])('a domain error %s keeps its sentence', (code, expected) => {
  const mapped = toConnectError(new DomainError(code, 'what to change'), 'id-1');
  expect(mapped).toMatchObject({ code: expected, rawMessage: 'what to change' });
});

test.each<[string, Code]>([
  ['08000', Code.Unavailable],
  ['08006', Code.Unavailable],
  ['57P01', Code.Unavailable],
  ['57P03', Code.Unavailable],
  ['55P03', Code.Unavailable],
  ['25006', Code.Unavailable],
  ['57014', Code.DeadlineExceeded],
  ['53100', Code.ResourceExhausted],
  ['53300', Code.ResourceExhausted],
  ['40001', Code.Aborted],
  ['40P01', Code.Aborted],
  ['ECONNREFUSED', Code.Unavailable],
  ['ETIMEDOUT', Code.Unavailable],
  ['ENOSPC', Code.ResourceExhausted],
  ['SQLITE_FULL', Code.ResourceExhausted],
  ['SQLITE_BUSY', Code.Unavailable],
  ['SQLITE_BUSY_SNAPSHOT', Code.Unavailable],
  ['SQLITE_IOERR_WRITE', Code.Unavailable],
  ['23505', Code.Internal],
  ['42P01', Code.Internal],
  ['SQLITE_CONSTRAINT_UNIQUE', Code.Internal],
  ['SQLITE_CORRUPT', Code.Internal],
])('the driver error %s has the right code and keeps its text to itself', (driverCode, expected) => {
  const original = withCode(driverCode);
  const mapped = toConnectError(original, 'id-1');
  expect(mapped.code).toBe(expected);
  expect(mapped.message).not.toMatch(/secret_table|10\.0\.0\.7/);
  expect(mapped.cause).toBe(original);
});

test.each(['timeout exceeded when trying to connect', 'Connection terminated unexpectedly'])(
  'a pool that says %j is unavailable',
  (message) => {
    expect(toConnectError(new Error(message), 'id-1').code).toBe(Code.Unavailable);
  },
);

test('the cause inside a wrapper, and the parts of several attempts, are found', () => {
  expect(toConnectError(new Error('wrapped', { cause: withCode('SQLITE_FULL') }), '').code).toBe(
    Code.ResourceExhausted,
  );
  expect(toConnectError(new AggregateError([withCode('ECONNREFUSED')]), '').code).toBe(Code.Unavailable);
  const cycle = new Error('a');
  cycle.cause = new Error('b', { cause: cycle });
  expect(toConnectError(cycle, '').code).toBe(Code.Internal);
});

test('anything else is internal, names the request id and nothing else', () => {
  for (const thrown of [new TypeError('x is undefined'), 'text', undefined, { code: 'ECONNREFUSED' }]) {
    const mapped = toConnectError(thrown, 'id-1');
    expect(mapped).toMatchObject({
      code: Code.Internal,
      rawMessage: 'internal error; request id id-1',
      cause: thrown,
    });
  }
});

test('a cancelled wait is cancelled, and a Connect error stays as it is', () => {
  expect(toConnectError(new DOMException('stopped', 'AbortError'), '').code).toBe(Code.Canceled);
  const own = new ConnectError('late', Code.DeadlineExceeded);
  expect(toConnectError(own, '')).toBe(own);
});
