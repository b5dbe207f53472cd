import { expect, it } from 'vitest';
import { lastLine } from './last-line.ts';

it('finds what happened at the end of a Python trace', () => {
  expect(
    lastLine(
      'Traceback (most recent call last):\n  File "a.py", line 3, in f\n    g()\nValueError: no such order\n',
    ),
  ).toBe('ValueError: no such order');
  expect(
    lastLine('Traceback (most recent call last):\n  File "a.py", line 1\n    x\nKeyError: 1\n-----\n'),
  ).toBe('KeyError: 1');
});

it('takes the first line of what is no trace', () => {
  expect(lastLine('out of memory\nthe pod had 4 GiB')).toBe('out of memory');
  expect(lastLine('')).toBe('');
});
