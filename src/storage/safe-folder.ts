import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, realpath, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { makeFolder } from '../make-folder.ts';
import { DomainError, failedPrecondition, resourceExhausted } from '../runs/errors.ts';
import { INCOMING, type StoragePath } from './paths.ts';

const LEFTOVER_AGE_MS = 24 * 3600 * 1000;

/** A file opened for reading. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly size: number;
}

/**
 * A folder that nothing leaves: each path is followed through its symbolic links before it is used, and one that ends up elsewhere
 * is refused with permission_denied. Files appear whole or not at all.
 */
export interface SafeFolder {
  /** Opens a regular file, or undefined if there is none. The caller closes the handle. */
  openFile(path: StoragePath): Promise<OpenFile | undefined>;

  /** Whether there is a regular file. */
  hasFile(path: StoragePath): Promise<boolean>;

  /**
   * Calls `fill` with a new, empty file, then makes it durable and puts it in place of what was there; if `fill` throws, nothing is
   * left behind. Concurrent calls for one path each write their own file and the last one stays.
   */
  replaceFile(path: StoragePath, fill: (handle: FileHandle) => Promise<void>): Promise<void>;

  /** Proves that files can be written, and removes what crashed processes left half written a day ago or longer. */
  checkUsable(): Promise<void>;
}

/** A SafeFolder at an absolute path; nothing is created before the first write. */
export function createSafeFolder(root: string): SafeFolder {
  const incoming = join(root, INCOMING);

  async function openFile(path: StoragePath): Promise<OpenFile | undefined> {
    const real = await absentAsUndefined(realpath(join(root, path)));
    if (real === undefined) return undefined;
    await requireInside(root, real);
    const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const info = await handle.stat();
      if (info.isFile()) return { handle, size: info.size };
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
    return undefined;
  }

  async function hasFile(path: StoragePath): Promise<boolean> {
    const file = await openFile(path);
    await file?.handle.close();
    return file !== undefined;
  }

  async function replaceFile(path: StoragePath, fill: (handle: FileHandle) => Promise<void>): Promise<void> {
    const target = join(root, path);
    const temporary = join(incoming, randomUUID());
    try {
      await ensureFolder(root, incoming);
      await ensureFolder(root, dirname(target));
      const handle = await open(temporary, 'wx');
      try {
        await fill(handle);
        await handle.sync();
      } finally {
        await handle.close();
      }
      // Looked at again: the content may have taken minutes to arrive.
      await ensureFolder(root, dirname(target));
      await rename(temporary, target);
      await syncFolder(dirname(target));
    } catch (error) {
      await absentAsUndefined(unlink(temporary));
      throw explained(error);
    }
  }

  async function checkUsable(): Promise<void> {
    await ensureFolder(root, incoming);
    const probe = join(incoming, randomUUID());
    const handle = await open(probe, 'wx');
    try {
      await handle.writeFile(Buffer.from('probe'));
    } finally {
      await handle.close();
      await unlink(probe);
    }
    await removeLeftovers(incoming);
  }

  return { openFile, hasFile, replaceFile, checkUsable };
}

async function requireInside(root: string, real: string): Promise<void> {
  const realRoot = await realpath(root);
  if (real !== realRoot && !real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep)) {
    throw new DomainError('permission_denied', 'the path leads out of the storage folder');
  }
}

/** Makes a folder and its parents below root, checking each one that exists before anything is made inside it. */
async function ensureFolder(root: string, folder: string): Promise<void> {
  if (folder === root) {
    makeFolder(root);
    return;
  }
  let real = await absentAsUndefined(realpath(folder));
  if (real === undefined) {
    await ensureFolder(root, dirname(folder));
    await mkdir(folder).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
    await syncFolder(dirname(folder));
    real = await realpath(folder);
  }
  await requireInside(root, real);
  if (!(await stat(real)).isDirectory()) throw notAFolder();
}

/** Makes a new name in a folder survive a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeLeftovers(incoming: string): Promise<void> {
  for (const name of await readdir(incoming)) {
    const file = join(incoming, name);
    const info = await absentAsUndefined(stat(file));
    if (info && Date.now() - info.mtimeMs > LEFTOVER_AGE_MS) await absentAsUndefined(unlink(file));
  }
}

async function absentAsUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  }
}

function explained(error: unknown): unknown {
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return resourceExhausted('the storage has no space left');
    case 'EISDIR':
    case 'EEXIST':
    case 'ENOTDIR':
    case 'ENOTEMPTY':
      return notAFolder();
    default:
      return error;
  }
}

const notAFolder = () =>
  failedPrecondition('a file stands where the path needs a folder, or a folder where it needs a file');

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
