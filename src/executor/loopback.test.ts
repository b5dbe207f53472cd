import { expect, test } from 'vitest';
import { checkExecutorIsSafe, isLoopback } from './loopback.ts';

test.each([
  ['127.0.0.1', true],
  ['127.8.9.1', true],
  ['localhost', true],
  ['::1', true],
  ['[::1]', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['127.example.com', false],
  ['', false],
])('%s keeps other machines out: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

const config = (kind: string, host: string, allowRemote = false) => ({
  executor: { kind, process: { allowRemote } },
  runs: { server: { host } },
});

test('commands run for other machines only if the operator says so', () => {
  expect(() => checkExecutorIsSafe(config('process', '0.0.0.0'))).toThrow(
    /executor\.process\.allowRemote: true/,
  );
  for (const fine of [
    config('process', '127.0.0.1'),
    config('process', '0.0.0.0', true),
    config('none', '0.0.0.0'),
  ]) {
    expect(() => checkExecutorIsSafe(fine)).not.toThrow();
  }
});
