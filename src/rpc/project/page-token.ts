import { createHash } from 'node:crypto';
import { invalidArgument } from '../../runs/errors.ts';

/** The project that a page ended with: its value in the ordering column, and its id. */
export interface PageEnd {
  readonly value: string;
  readonly id: string;
}

const VERSION = 1;

/** An opaque token for the page after `end`, good only for a list of the same `listing` (organization, filters and order). */
export function encodePageToken(listing: unknown, end: PageEnd): string {
  return Buffer.from(JSON.stringify([VERSION, digestOf(listing), end.value, end.id])).toString('base64url');
}

/** Reads a token; throws invalid_argument if it is not one of ours or belongs to another listing. */
export function decodePageToken(listing: unknown, token: string): PageEnd | undefined {
  if (token === '') return undefined;
  const [version, digest, value, id] = parsed(token);
  if (
    version !== VERSION ||
    typeof value !== 'string' ||
    typeof id !== 'string' ||
    (value + id).includes('\0')
  ) {
    throw invalidArgument('token is not one that this service gave out');
  }
  if (digest !== digestOf(listing)) {
    throw invalidArgument(
      'token belongs to a list with other filters or another order; begin again without a token',
    );
  }
  return { value, id };
}

function parsed(token: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function digestOf(listing: unknown): string {
  return createHash('sha256').update(JSON.stringify(listing)).digest('base64url').slice(0, 16);
}
