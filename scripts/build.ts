/** `node scripts/build.ts service|client`: bundles the program into dist/ and writes its launcher into bin/. */
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

interface Program {
  entry: string;
  bundle: string;
  launcher: string;
}

const programs: Record<string, Program> = {
  service: { entry: 'src/main.ts', bundle: 'dist/main.js', launcher: 'bin/runs-service' },
  client: { entry: 'client/main.ts', bundle: 'dist/client.js', launcher: 'bin/runs-client' },
};

const root = dirname(import.meta.dirname);

/** CommonJS packages expect these names; a bundle in ESM has them only if somebody makes them. */
const commonJsNames = [
  `import { createRequire as __createRequire } from 'node:module';`,
  'const require = __createRequire(import.meta.url);',
  'const __filename = import.meta.filename;',
  'const __dirname = import.meta.dirname;',
].join('\n');

async function bundle({ entry, bundle }: Program): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // What scripts/with-node.sh accepts at least.
    target: 'node22.18',
    sourcemap: true,
    // Names appear in logs and error messages.
    keepNames: false,
    legalComments: 'linked',
    banner: { js: commonJsNames },
    // better-sqlite3 loads a binary from beside its own files; pg asks for pg-native and does without.
    external: ['better-sqlite3', 'pg-native'],
    logLevel: 'warning',
    logOverride: { 'direct-eval': 'silent' },
  });
}

/** Puts the one package that can't be bundled where dist/main.js finds it, with this system's binaries only. */
async function copySqlite(): Promise<void> {
  const from = join(root, 'node_modules/better-sqlite3');
  const to = join(root, 'dist/node_modules/better-sqlite3');
  const wanted = new RegExp(`/prebuilds(/${process.platform}[^/]*)?$`);
  await mkdir(to, { recursive: true });
  for (const part of ['package.json', 'LICENSE', 'lib']) {
    await cp(join(from, part), join(to, part), { recursive: true });
  }
  await cp(join(from, 'prebuilds'), join(to, 'prebuilds'), {
    recursive: true,
    filter: (source) => wanted.test(source),
  });
}

async function writeLauncher({ bundle, launcher }: Program): Promise<void> {
  const script = `#!/bin/sh
# Made by make: runs the bundle in dist/ with this project's Node.
root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
exec "$root/scripts/with-node.sh" node --enable-source-maps "$root/${bundle}" "$@"
`;
  await mkdir(dirname(join(root, launcher)), { recursive: true });
  await writeFile(join(root, launcher), script);
  await chmod(join(root, launcher), 0o755);
}

const name = process.argv[2] ?? '';
const program = programs[name];
if (program === undefined) {
  console.error(`usage: node scripts/build.ts ${Object.keys(programs).join('|')}`);
  process.exit(2);
}
try {
  await bundle(program);
} catch {
  // esbuild has printed what is wrong and where.
  process.exit(1);
}
if (name === 'service') await copySqlite();
await writeLauncher(program);
console.log(`Made ${program.launcher}`);
