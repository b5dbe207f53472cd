import { readFileSync } from 'node:fs';
import { StartupError } from './errors.ts';

/** The content of a file that holds a secret, without the end of its line. Throws a StartupError that names key and file. */
export function readSecret(file: string, key: string, source: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${String(code)})`;
    throw new StartupError(`${source}: ${key}: the file ${file} ${why}`, { cause: error });
  }
}
