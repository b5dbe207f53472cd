/** `node scripts/write-reference.ts`: writes the table of the configuration into README.md. */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { configReferenceTable } from '../src/config.ts';

const START =
  '<!-- configuration: written by scripts/write-reference.ts, checked by test/docs/readme.test.ts -->';
const END = '<!-- configuration ends -->';

/** The README with the table of this version's configuration in its place. Throws if it has no place for it. */
export function withReference(readme: string): string {
  const from = readme.indexOf(START);
  const to = readme.indexOf(END);
  if (from < 0 || to < from)
    throw new Error('README.md has lost the marks around the table of the configuration');
  return `${readme.slice(0, from + START.length)}\n\n${configReferenceTable()}\n${readme.slice(to)}`;
}

if (import.meta.main) {
  const file = join(dirname(import.meta.dirname), 'README.md');
  await writeFile(file, withReference(await readFile(file, 'utf8')));
}
