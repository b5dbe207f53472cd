import { expect, it } from 'vitest';
import { holds, linePieces, MOST_SHOWN, plainText } from './line-pieces.ts';

const esc = String.fromCharCode(27);
const texts = (line: string, query = '') => linePieces(line, query).map(({ text }) => text);

it('marks what is searched; small letters stand for both', () => {
  expect(linePieces('An error, an Error', 'error')).toEqual([
    { text: 'An ', look: '', hit: false },
    { text: 'error', look: '', hit: true },
    { text: ', an ', look: '', hit: false },
    { text: 'Error', look: '', hit: true },
  ]);
  expect(linePieces('An error, an Error', 'Error').filter(({ hit }) => hit)).toHaveLength(1);
  expect(holds('An ERROR', 'error')).toBe(true);
  expect(holds('An error', 'ERROR')).toBe(false);
});

it('reads colours and finds text across them', () => {
  const line = `${esc}[1;31mfat${esc}[0mal: ${esc}[92mok${esc}[39m!`;
  expect(plainText(line)).toBe('fatal: ok!');
  expect(holds(line, 'fatal')).toBe(true);
  expect(linePieces(line, 'fatal')).toEqual([
    { text: 'fat', look: 'red bold', hit: true },
    { text: 'al', look: '', hit: true },
    { text: ': ', look: '', hit: false },
    { text: 'ok', look: 'green', hit: false },
    { text: '!', look: '', hit: false },
  ]);
});

it('leaves out links, cursor movements and colours that it does not know', () => {
  expect(plainText(`${esc}]8;;http://x${esc}\\here${esc}]8;;${esc}\\ ${esc}[2Kdone`)).toBe('here done');
  expect(linePieces(`${esc}[38;5;208morange${esc}[48;2;1;2;3m bg`, '').map(({ look }) => look)).toEqual([
    '',
    '',
  ]);
});

it('shows what a progress bar wrote last', () => {
  expect(texts('10%\r50%\r100%\r')).toEqual(['100%']);
});

it('cuts lines that nobody can read', () => {
  const pieces = linePieces('x'.repeat(MOST_SHOWN + 1234), '');
  expect(pieces).toHaveLength(2);
  expect(pieces[0]?.text).toHaveLength(MOST_SHOWN);
  expect(pieces[1]?.text).toContain('1,234 more');
});

it('loses no character, wherever pieces begin', () => {
  const line = `${esc}[31maXa${esc}[32mXXa${esc}[0mX`;
  for (const query of ['X', 'aX', 'XX', 'aXaXXaX', 'q', '']) {
    expect(texts(line, query).join('')).toBe('aXaXXaX');
  }
});
