import { randomBytes } from 'node:crypto';
import type { StorageConfig } from '../config/storage.ts';
import type { Logger } from '../logger.ts';
import { sharedState } from '../repository/database.ts';
import type { Dialect } from '../repository/dialects/dialect.ts';
import { systemClock } from '../runs/instant.ts';
import { createFolderStorage } from './folder-storage.ts';
import type { StorageHandler } from './http-types.ts';
import type { Storage } from './storage.ts';

/** The configured storage. */
export interface OpenStorage extends Storage {
  /** What signed URLs lead to; undefined where they lead to another server. */
  readonly handler?: StorageHandler;
}

/**
 * Opens the configured storage; the links of a folder are signed with a key that all replicas share. Throws a StartupError if it can't
 * be written to.
 */
export async function openStorage(
  config: StorageConfig,
  dialect: Dialect,
  logger: Logger,
): Promise<OpenStorage> {
  const common = {
    maxUploadBytes: config.maxUploadBytes,
    defaultExpiryMs: config.urlExpiryMs,
    clock: systemClock,
  };
  const storage = await opened();
  await storage.checkUsable();
  return storage;

  async function opened(): Promise<OpenStorage> {
    if (config.s3 === undefined) {
      return createFolderStorage({
        ...common,
        folder: config.folder,
        signingKey: await signingKey(dialect),
        onFailure: (error, what) => logger.error({ err: error }, what),
      });
    }
    // Loaded only by those who need it: the client is larger than the rest of the service.
    const { createS3Storage } = await import('./s3-storage.ts');
    return createS3Storage({ ...common, s3: config.s3 });
  }
}

async function signingKey(dialect: Dialect): Promise<Buffer> {
  const text = await sharedState(dialect, 'storage-signing-key', () => randomBytes(32).toString('base64'));
  return Buffer.from(text, 'base64');
}
