import { createHash } from 'node:crypto';
import { joinStoragePath, storagePath } from './paths.ts';
import type { Storage } from './storage.ts';

/**
 * Puts inputs that came with a request into the storage, under a name made of their content; returns their URI. Doing so again changes
 * nothing.
 */
export function storeInputs(storage: Pick<Storage, 'write'>, inputs: Uint8Array): Promise<string> {
  const digest = createHash('sha256').update(inputs).digest('hex');
  const path = joinStoragePath(
    storagePath('inputs', 'the path'),
    storagePath(digest, 'the path'),
    storagePath('inputs.pb', 'the path'),
  );
  return storage.write(path, inputs);
}
