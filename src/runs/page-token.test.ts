import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError } from './errors.ts';
import { listDigest, type PositionType, readPageToken, writePageToken } from './page-token.ts';

const list = listDigest('runs', { by: 'org' });
const types: PositionType[] = ['time', 'text', 'int'];
const position = ['2026-11-21T00:48:14.123456Z', 'r😀', 42];
const forged = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
const refused = (message: string) =>
  expect.objectContaining({ code: 'invalid_argument', message: expect.stringContaining(message) });
const read = (token: string) => () => readPageToken(token, list, types);

describe('a page token', () => {
  it('brings its position back', () => {
    expect(read(writePageToken(list, position))()).toEqual(position);
  });

  it('belongs to one list', () => {
    const other = listDigest('runs', { by: 'project' });
    expect(other).not.toBe(list);
    expect(read(writePageToken(other, position))).toThrow(
      refused('another scope, other filters or another order'),
    );
  });

  it('of another version is refused', () => {
    expect(read(forged(2, list, ...position))).toThrow(refused('another version'));
  });

  it.each([
    ['too few values', position.slice(0, 2)],
    ['too many values', [...position, 1]],
    ['a time that does not exist', ['2026-02-30T00:00:00.000000Z', 'a', 1]],
    ['a time before the first year', ['0000-01-01T00:00:00.000000Z', 'a', 1]],
    ['a time without a zone', ['2026-11-21T00:48:14.123456', 'a', 1]],
    ['a number for text', ['2026-11-21T00:48:14.123456Z', 7, 1]],
    ['NUL in text', ['2026-11-21T00:48:14.123456Z', 'a\0', 1]],
    ['long text', ['2026-11-21T00:48:14.123456Z', 'a'.repeat(5000), 1]],
    ['a fraction', ['2026-11-21T00:48:14.123456Z', 'a', 1.5]],
    ['a number beyond 2^53', ['2026-11-21T00:48:14.123456Z', 'a', 2 ** 60]],
    ['null', [null, 'a', 1]],
  ])('with %s is refused', (_name, values) => {
    expect(read(forged(1, list, ...values))).toThrow(refused('damaged'));
  });

  it('that was tampered with is refused, or is a position', () => {
    const token = writePageToken(list, position);
    const changes = fc.array(fc.tuple(fc.nat(token.length), fc.string({ maxLength: 3 })), { maxLength: 4 });
    fc.assert(
      fc.property(fc.oneof(fc.string(), changes), (change) => {
        const made = typeof change === 'string' ? change : spliced(token, change);
        try {
          const [time, text, number] = readPageToken(made, list, types);
          expect(Number.isNaN(Date.parse(String(time)))).toBe(false);
          expect([typeof text, Number.isSafeInteger(number)]).toEqual(['string', true]);
        } catch (error) {
          expect(error).toBeInstanceOf(DomainError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

function spliced(token: string, changes: readonly (readonly [number, string])[]): string {
  return changes.reduce((text, [at, put]) => text.slice(0, at) + put + text.slice(at + put.length), token);
}
