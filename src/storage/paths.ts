import { Buffer } from 'node:buffer';
import { invalidArgument } from '../runs/errors.ts';
import { quote } from '../runs/names.ts';

declare const checked: unique symbol;

/**
 * A relative path inside the storage, segments joined by '/'. Only this module makes one, so whoever holds it knows that it is
 * bounded and that none of its segments can climb out.
 */
export type StoragePath = string & { readonly [checked]: true };

/** The folder of files that are still being written; no StoragePath leads there. */
export const INCOMING = '.incoming';

const MAX_PATH_BYTES = 1024;
const MAX_SEGMENT_BYTES = 255;

/** Checks a relative path; throws invalid_argument with a sentence about `field`. */
export function storagePath(text: string, field: string): StoragePath {
  const problem = problemOf(text);
  if (problem) throw invalidArgument(`${field} ${quote(text)} ${problem}`);
  return text as StoragePath;
}

/** The same without an error: undefined for what is no path inside the storage. */
export function parseStoragePath(text: string): StoragePath | undefined {
  return problemOf(text) === undefined ? (text as StoragePath) : undefined;
}

/** One segment of a path, such as a project. Throws invalid_argument with a sentence about `field`. */
export function pathSegment(text: string, field: string): StoragePath {
  if (text.includes('/')) throw invalidArgument(`${field} ${quote(text)} must not contain '/'`);
  return storagePath(text, field);
}

/** Joins parts that were checked one by one; throws invalid_argument if the whole is too long. */
export function joinStoragePath(...parts: StoragePath[]): StoragePath {
  return storagePath(parts.join('/'), 'the path');
}

/**
 * The part of a folder that belongs to a project and domain. An organization, where it counts, is marked with '@', which no project's
 * name can begin with; `org` is empty where organizations are shared.
 */
export function ownedFolder(folder: StoragePath, org: string, project: string, domain: string): StoragePath {
  const owner = org === '' ? [] : [pathSegment(`@${org}`, 'org')];
  return joinStoragePath(folder, ...owner, pathSegment(project, 'project'), pathSegment(domain, 'domain'));
}

/** The last segment. */
export function fileNameOf(path: StoragePath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function problemOf(text: string): string | undefined {
  if (Buffer.byteLength(text) > MAX_PATH_BYTES) return `is longer than ${MAX_PATH_BYTES} bytes`;
  if (text.startsWith('/')) return "must not begin with '/'";
  if (text === INCOMING || text.startsWith(`${INCOMING}/`)) return 'is reserved';
  for (const segment of text.split('/')) {
    const problem = problemOfSegment(segment);
    if (problem) return problem;
  }
  return undefined;
}

function problemOfSegment(segment: string): string | undefined {
  if (segment === '') return 'must not be empty or have empty segments';
  if (segment === '.' || segment === '..') return "must not have '.' or '..' as a segment";
  if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES)
    return `has a segment longer than ${MAX_SEGMENT_BYTES} bytes`;
  if (segment.includes('\\') || hasControlCharacter(segment)) {
    return 'must not contain backslashes or control characters';
  }
  if (!segment.isWellFormed()) return 'must be well-formed Unicode';
  return undefined;
}

function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true;
  }
  return false;
}
