import { describe, expect, it } from 'vitest';
import { checkPlainText, checkRunName, generateRunName, quote } from './names.ts';

describe('run names', () => {
  it('that are generated are given names too, and never the same', () => {
    const names = Array.from({ length: 2000 }, generateRunName);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) {
      expect(name).toMatch(/^r[a-z0-9]{19}$/);
      checkRunName(name);
    }
    const letters = new Set(names.flatMap((name) => [...name.slice(1)]));
    expect(letters.size).toBe(36);
  });

  it.each(['a', 'a0', 'my-run', `r${'x'.repeat(29)}`])('may be %s', (name) => {
    expect(() => checkRunName(name)).not.toThrow();
  });

  it.each(['', '0a', '-a', 'a-', 'A', 'a_b', 'a.b', 'ä', 'a\n', `r${'x'.repeat(30)}`, 'x'.repeat(10_000)])(
    'may not be %j',
    (name) => {
      expect(() => checkRunName(name)).toThrow(
        expect.objectContaining({ code: 'invalid_argument', message: expect.stringMatching(/^.{1,250}$/) }),
      );
    },
  );
});

describe('plain text', () => {
  it.each(['', 'a b', 'Ünï ¢ødé 🙂', 's3://x?y=z'])('is %j', (text) => {
    expect(() => checkPlainText(text, 'field')).not.toThrow();
  });

  it.each(['\u0000', 'a\nb', '\t', '\u007f', '\u001b[31m'])('is not %j', (text) => {
    expect(() => checkPlainText(text, 'the.field')).toThrow(
      expect.objectContaining({ code: 'invalid_argument', message: expect.stringContaining('the.field') }),
    );
  });

  it('is cut to a readable length in messages', () => {
    expect(quote('a"b')).toBe('"a\\"b"');
    expect(quote('x'.repeat(61))).toBe(`"${'x'.repeat(60)}…"`);
  });
});
