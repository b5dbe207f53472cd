import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { invalidArgument } from './errors.ts';
import { type FilterValue, isInstant } from './filter-parse.ts';

const VERSION = 1;
const MAX_TOKEN_LENGTH = 16_384;
const MAX_TEXT_LENGTH = 2048;

/** What a value of a position can be. */
export type PositionType = 'text' | 'time' | 'int';

/** The place of a row in an order: its values in the columns of that order. */
export type Position = readonly FilterValue[];

/**
 * The token that goes on after a position. It is no secret, and forging one gains nothing: it is a place in a list that the caller may
 * read anyway. `list` says which list and order it belongs to; see `listDigest`.
 */
export function writePageToken(list: string, position: Position): string {
  return Buffer.from(JSON.stringify([VERSION, list, ...position])).toString('base64url');
}

/** The position of a token. Throws invalid_argument unless it was made for this list, with a value of the right type for each column. */
export function readPageToken(token: string, list: string, types: readonly PositionType[]): Position {
  const parts = decode(token);
  if (parts === undefined)
    throw invalidArgument('the page token is damaged: send one exactly as it was answered');
  const [version, madeFor, ...position] = parts;
  if (version !== VERSION) {
    throw invalidArgument(
      'the page token comes from another version of this service: begin again without one',
    );
  }
  if (madeFor !== list) {
    throw invalidArgument(
      'the page token belongs to a list with another scope, other filters or another order',
    );
  }
  if (position.length !== types.length || !position.every((value, i) => isOfType(value, types[i]))) {
    throw invalidArgument('the page token is damaged: send one exactly as it was answered');
  }
  return position as FilterValue[];
}

/** A short text that is the same for the same list: scope, filters and order. */
export function listDigest(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}

function decode(token: string): unknown[] | undefined {
  if (token.length > MAX_TOKEN_LENGTH || !/^[\w-]+$/.test(token)) return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    return Array.isArray(parts) ? parts : undefined;
  } catch {
    return undefined;
  }
}

function isOfType(value: unknown, type: PositionType | undefined): boolean {
  switch (type) {
    case 'text':
      return typeof value === 'string' && value.length <= MAX_TEXT_LENGTH && !value.includes('\0');
    case 'time':
      return isInstant(value);
    case 'int':
      return Number.isSafeInteger(value);
    default:
      return false;
  }
}
