import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { folderId } from './folder-id.ts';

test('a folder keeps its id, and another one has another', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runs-id-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const id = folderId(join(folder, 'a'));
  expect(id).toMatch(/^[0-9a-f]{8}$/);
  expect(folderId(join(folder, 'a'))).toBe(id);
  expect(folderId(join(folder, 'b'))).not.toBe(id);
  writeFileSync(join(folder, 'c'), '');
  expect(folderId(join(folder, 'c'))).toMatch(/^[0-9a-f]{8}$/);
  expect(readdirSync(folder)).toEqual(['a', 'b', 'c']);
});
