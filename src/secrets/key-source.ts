import { Buffer } from 'node:buffer';
import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StartupError } from '../config/errors.ts';
import { makeFolder } from '../make-folder.ts';
import { KEY_BYTES } from './cipher.ts';

/** Where the key of the secrets comes from. Messages name the place, never the key. */
export interface KeySource {
  /** How messages call it. */
  readonly name: string;
  /** The key, or undefined if there is none yet. Throws a StartupError if there is something that is no key. */
  read(): Buffer | undefined;
  /** The key; makes one where that is possible. Throws a StartupError if it can't be kept. */
  readOrMake(): Buffer;
}

/** The key that the configuration holds itself, as base64. */
export function configuredKey(text: string): KeySource {
  const read = () => parseKey(text, 'secrets.key');
  return { name: 'secrets.key', read, readOrMake: read };
}

/**
 * The key in a file, as base64. The first use makes the file, readable by its owner only; of several processes that do so at once, one
 * wins and the others read its key.
 */
export function keyFile(path: string): KeySource {
  const file = resolve(path);
  const name = `secrets.keyFile: ${file}`;
  const read = () => {
    const text = readText(file, name);
    return text === undefined ? undefined : parseKey(text.trim(), name);
  };
  return {
    name,
    read,
    readOrMake() {
      const present = read();
      if (present) return present;
      try {
        make(file);
      } catch (error) {
        throw new StartupError(`${name}: no key can be kept there (${messageOf(error)})`);
      }
      const made = read();
      if (!made) throw new StartupError(`${name}: the file has gone`);
      return made;
    },
  };
}

/** Whether a text is a key: 32 bytes as base64. */
export function isKey(text: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && Buffer.from(text, 'base64').length === KEY_BYTES;
}

function parseKey(text: string, name: string): Buffer {
  if (!isKey(text)) {
    throw new StartupError(
      `${name} does not hold ${KEY_BYTES} bytes as base64; openssl rand -base64 32 makes such a key`,
    );
  }
  return Buffer.from(text, 'base64');
}

function readText(file: string, name: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new StartupError(`${name} can't be read (${messageOf(error)})`);
  }
}

/** Nobody sees half a key: the file is written under another name and linked, which fails if somebody else was faster. */
function make(file: string): void {
  makeFolder(dirname(file));
  const temporary = `${file}.${randomUUID()}`;
  const handle = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(handle, `${randomBytes(KEY_BYTES).toString('base64')}\n`);
    fsyncSync(handle);
    linkSync(temporary, file);
    syncFolder(dirname(file));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    closeSync(handle);
    unlinkSync(temporary);
  }
}

/** Makes the new name survive a power cut: a key that is lost takes the secrets with it. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
