import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { takeLock } from './lock.ts';

test('a lock is held by one at a time and can be taken again after its release', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'runs-lock-'));
  const file = join(folder, 'deeper', 'lock');
  const lock = takeLock(file);
  expect(lock).toBeDefined();
  expect(takeLock(file)).toBeUndefined();
  lock?.release();
  const again = takeLock(file);
  expect(again).toBeDefined();
  again?.release();
  await rm(folder, { recursive: true });
});
