import { describe, expect, it } from 'vitest';
import { DomainError } from '../runs/errors.ts';
import { fileNameOf, joinStoragePath, parseStoragePath, pathSegment, storagePath } from './paths.ts';

const REFUSED: readonly [string, string][] = [
  ['empty', ''],
  ['absolute', '/etc/passwd'],
  ['parent', '..'],
  ['parent first', '../a'],
  ['parent in the middle', 'a/../b'],
  ['parent last', 'a/..'],
  ['this folder', 'a/./b'],
  ['empty segment', 'a//b'],
  ['trailing slash', 'a/'],
  ['backslash', 'a\\..\\b'],
  ['NUL', 'a\0b'],
  ['newline', 'a\nb'],
  ['DEL', 'a\u007fb'],
  ['C1 control', 'a\u0085b'],
  ['lone surrogate', 'a\ud800b'],
  ['long segment', 'é'.repeat(128)],
  ['long path', `${'a'.repeat(200)}/`.repeat(5) + 'a'.repeat(20)],
  ['half-written files', '.incoming/x'],
];

describe('storagePath', () => {
  it.each(REFUSED)('refuses %s', (_, text) => {
    expect(parseStoragePath(text)).toBeUndefined();
    expect(() => storagePath(text, 'filename')).toThrow(DomainError);
    expect(() => storagePath(text, 'filename')).toThrow(/^filename "/);
  });

  it.each([
    'a',
    '.hidden',
    '..a/b..',
    'tracked-runs/local-1/a0/1',
    'ä ö/%2e%2e',
    'x'.repeat(255),
    `${'a'.repeat(255)}/${'b'.repeat(255)}/${'c'.repeat(255)}/${'d'.repeat(255)}`.slice(0, 1024),
  ])('accepts %j as it stands', (text) => {
    expect(parseStoragePath(text)).toBe(text);
  });
});

describe('joining', () => {
  it('joins checked parts and bounds the whole', () => {
    const part = storagePath('a'.repeat(255), 'x');
    expect(joinStoragePath(storagePath('a/b', 'x'), storagePath('c', 'x'))).toBe('a/b/c');
    expect(() => joinStoragePath(part, part, part, part, part)).toThrow(/longer than 1024 bytes/);
  });

  it('keeps a segment one segment', () => {
    expect(() => pathSegment('a/b', 'project')).toThrow('project "a/b" must not contain');
    expect(fileNameOf(storagePath('a/b/c.pb', 'x'))).toBe('c.pb');
    expect(fileNameOf(storagePath('c.pb', 'x'))).toBe('c.pb');
  });
});
