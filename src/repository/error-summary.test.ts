import { create, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { ErrorInfo_Kind, ErrorInfoSchema } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import { errorSummary } from './error-summary.ts';

const summary = (message: string) =>
  errorSummary(toBinary(ErrorInfoSchema, create(ErrorInfoSchema, { message, kind: ErrorInfo_Kind.USER })));

test('the last line of a traceback is what a list shows', () => {
  const traceback =
    'Traceback (most recent call last):\n  File "x.py", line 1\nValueError: no such order\n\n';
  expect(summary(traceback)).toEqual({ kind: 'USER', line: 'ValueError: no such order' });
});

test('of an error object of the SDK, its code and the last line of its message', () => {
  const text =
    'Error(err=code: "ValueError"\nmessage: "in a\\nno \\"such\\" order"\nkind: USER\nworker: "user"\n, recoverable=True)';
  expect(summary(text).line).toBe('ValueError: no "such" order');
});

test('long lines are cut, an empty message has an empty line', () => {
  expect(summary('x'.repeat(10_000)).line).toHaveLength(500);
  expect(summary(' \n').line).toBe('');
  expect(summary(`x${'🙂'.repeat(300)}`).line).toBe(`x${'🙂'.repeat(249)}`);
});
