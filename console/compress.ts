import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const compressors = { br: promisify(brotliCompress), gz: promisify(gzip) };

/** Below this a response fits into a packet or two anyway. */
const MIN_BYTES = 1024;

/** Writes x.br and x.gz beside each text file of the build, so that the service compresses nothing while it answers. */
export function compress(): Plugin {
  return {
    name: 'compress',
    apply: 'build',
    async writeBundle({ dir }, bundle) {
      if (dir === undefined) return;
      const names = Object.keys(bundle).filter((name) => /\.(js|css|svg)$/.test(name));
      await Promise.all(
        names.map(async (name) => {
          const content = await readFile(join(dir, name));
          if (content.byteLength < MIN_BYTES) return;
          for (const [extension, compressor] of Object.entries(compressors)) {
            await writeFile(join(dir, `${name}.${extension}`), await compressor(content));
          }
        }),
      );
    },
  };
}
