import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const MODULE = 'github.com/versity/versitygw/cmd/versitygw';
const VERSION = 'v1.8.0';
const BUILD_TIMEOUT_MS = 10 * 60_000;

/** Milliseconds that a first start may take, because the server is built then. */
export const S3_START_TIMEOUT_MS = BUILD_TIMEOUT_MS + 60_000;

/**
 * The program of an S3-compatible server: the one that TEST_VERSITYGW names, else one that is built once per machine, into
 * the user's cache. Rejects with one sentence if there is no Go to build it with.
 */
export async function s3Binary(): Promise<string> {
  const given = process.env.TEST_VERSITYGW;
  if (given) return given;
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'runs-service');
  const binary = join(cache, `versitygw-${VERSION}`);
  if (!existsSync(binary)) await build(cache, binary);
  return binary;
}

/** Built aside and renamed: test files that start together may build it twice, but none sees half of it. */
async function build(cache: string, binary: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'build-'));
  try {
    await promisify(execFile)('go', ['install', `${MODULE}@${VERSION}`], {
      env: { ...process.env, GOBIN: folder, GOFLAGS: '', CGO_ENABLED: '0' },
      timeout: BUILD_TIMEOUT_MS,
    });
    await rename(join(folder, 'versitygw'), binary);
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new Error(
      missing
        ? 'The S3 tests need Go 1.24 or newer to build versitygw, or a versitygw that TEST_VERSITYGW names.'
        : `versitygw could not be built: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
