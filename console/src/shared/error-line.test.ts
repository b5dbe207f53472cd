import { expect, it } from 'vitest';
import { errorExcerpt, errorLine, lastLine } from './error-line.ts';

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

it('names the class of an exception whose message does not', () => {
  expect(errorLine({ code: 'KeyError', message: "'price'" })).toBe("KeyError: 'price'");
  expect(errorLine({ code: 'ValueError', message: 'Traceback\n  File "a.py"\nValueError: no' })).toBe(
    'ValueError: no',
  );
  expect(errorLine({ code: 'USER:Unknown', message: 'no such table' })).toBe('no such table');
  expect(errorLine({ code: 'OOMKilled', message: '' })).toBe('OOMKilled');
});

it('keeps a line and a tooltip short, whatever the message', () => {
  const long = `${'x'.repeat(1_000_000)}\nthe end`;
  expect(errorLine({ code: '', message: long })).toHaveLength(500);
  expect(errorExcerpt(long).length).toBeLessThan(2100);
  expect(errorExcerpt(long)).toMatch(/the end$/);
  expect(errorExcerpt('short\n')).toBe('short');
});
