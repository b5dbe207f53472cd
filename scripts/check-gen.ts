/**
 * Checks that src/gen is what proto/ generates: `node scripts/check-gen.ts`.
 *
 * Generates into a temporary folder, so that the working tree stays as it is, and compares both ways. Exit code
 * 1 and the list of files if they differ, or if proto/ does not build.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');

/** The files below a folder, by path relative to it. */
function readTree(folder: string): Map<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path)]),
  );
}

/** What `buf generate` makes of proto/, as `readTree` gives it. */
function generate(): Map<string, Buffer> {
  const out = mkdtempSync(join(tmpdir(), 'check-gen-'));
  try {
    // buf looks for the plugin in PATH, and the plugin for node.
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
    const run = spawnSync(join(bin, 'buf'), ['generate', '--output', out], {
      cwd: root,
      env,
      encoding: 'utf8',
    });
    if (run.status !== 0) {
      throw new Error(`buf generate failed: ${run.error?.message ?? run.stderr.trim()}`);
    }
    return readTree(join(out, 'src', 'gen'));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** One line per file that differs, sorted. */
function compare(expected: Map<string, Buffer>, committed: Map<string, Buffer>): string[] {
  const differences: string[] = [];
  for (const path of new Set([...expected.keys(), ...committed.keys()])) {
    const [want, have] = [expected.get(path), committed.get(path)];
    if (want === undefined) differences.push(`src/gen/${path}: nothing in proto/ generates it`);
    else if (have === undefined) differences.push(`src/gen/${path}: missing`);
    else if (!want.equals(have)) differences.push(`src/gen/${path}: differs`);
  }
  return differences.sort();
}

try {
  const expected = generate();
  const differences = compare(expected, readTree(join(root, 'src', 'gen')));
  if (differences.length > 0) {
    console.error(differences.join('\n'));
    console.error('src/gen is not what proto/ generates: run `npm run generate` and commit src/gen.');
    process.exitCode = 1;
  } else {
    console.log(`src/gen is what proto/ generates (${expected.size} files).`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
