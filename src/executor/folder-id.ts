import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/** The id that a file holds; the first call makes it. Throws what the operating system says if it can't be read or made. */
export function folderId(file: string): string {
  for (;;) {
    const id = readId(file);
    if (id !== undefined) return id;
    try {
      writeFileSync(file, `${randomUUID().slice(0, 8)}\n`, { flag: 'wx' });
    } catch (error) {
      // Another process was faster: its id counts.
      if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
    }
  }
}

function readId(file: string): string | undefined {
  try {
    const id = readFileSync(file, 'utf8').trim();
    if (id !== '') return id;
    // Whoever made it was killed before it wrote.
    rmSync(file);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
  }
  return undefined;
}
