import { expect, it } from 'vitest';
import { foldedText } from './folded-text.tsx';

const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i + 1}`).join('\n');

it('folds what is long, from its beginning or its end', () => {
  expect(foldedText(lines(16), false)).toBeUndefined();
  expect(foldedText(lines(40), false)).toBe(`${lines(14)}\n…`);
  expect(foldedText(lines(40), true)).toMatch(/^…\nline 27\n(line \d+\n)+line 40$/);
  expect(foldedText('x'.repeat(1400), false)).toBeUndefined();
  expect(foldedText('x'.repeat(5000), false)).toBe(`${'x'.repeat(1200)}…`);
  expect(foldedText('x'.repeat(5000), true)).toBe(`…${'x'.repeat(1200)}`);
});
