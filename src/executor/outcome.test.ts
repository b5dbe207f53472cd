import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import {
  ContainerError_Kind,
  ContainerErrorSchema,
  ExecutionError_ErrorKind,
} from '../gen/flyteidl2/core/execution_pb.js';
import { type Evidence, judge } from './outcome.ts';

const nothing: Evidence = {
  error: undefined,
  hasOutputs: false,
  hasReport: false,
  exitCode: undefined,
  logTail: '',
};
const error = (kind: ContainerError_Kind, more: object = {}) =>
  create(ContainerErrorSchema, {
    code: 'E',
    message: 'm',
    kind,
    origin: ExecutionError_ErrorKind.USER,
    ...more,
  });

test.each([
  ['outputs', { hasOutputs: true }],
  ['outputs and a bad exit code', { hasOutputs: true, exitCode: 134 }],
  ['exit code 0', { exitCode: 0 }],
])('%s mean success', (_what, evidence) => {
  expect(judge({ ...nothing, ...evidence })).toBeUndefined();
});

test('an error document counts whatever else is there', () => {
  const evidence = {
    ...nothing,
    hasOutputs: true,
    exitCode: 0,
    error: error(ContainerError_Kind.RECOVERABLE),
  };
  expect(judge(evidence)).toEqual({ message: 'm', code: 'E', kind: 'USER', retry: 'user' });
  expect(judge({ ...evidence, error: error(ContainerError_Kind.NON_RECOVERABLE) })).toMatchObject({
    retry: 'never',
  });
  const system = error(ContainerError_Kind.RECOVERABLE, { origin: ExecutionError_ErrorKind.SYSTEM });
  expect(judge({ ...evidence, error: system })).toMatchObject({ kind: 'SYSTEM', retry: 'user' });
});

test('a crash is the task’s own failure; an end that nobody saw is not', () => {
  expect(judge({ ...nothing, exitCode: 139, logTail: 'Segmentation fault' })).toMatchObject({
    code: 'ProcessExit',
    message: expect.stringMatching(/signal 11.*\n.*Segmentation fault/s),
    retry: 'user',
  });
  expect(judge(nothing)).toMatchObject({ code: 'ProcessLost', kind: 'SYSTEM', retry: 'system' });
});

test('a long message keeps its beginning and its end', () => {
  const message = `first\u0000${'x'.repeat(100_000)}last`;
  const failure = judge({ ...nothing, error: error(ContainerError_Kind.RECOVERABLE, { message }) });
  expect(failure?.message.length).toBeLessThan(33_000);
  expect(failure?.message).toMatch(/^firstx.*last$/s);
});
