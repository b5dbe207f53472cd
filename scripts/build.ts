/** `node scripts/build.ts service|client`: bundles the program into dist/ and writes its launcher into bin/. */
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { builtinModules } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { build, type Plugin, transform } from 'esbuild';

interface Program {
  entry: string;
  bundle: string;
  /** What Node is told to run. */
  start: string;
  launcher: string;
  nodeOptions: string[];
}

/**
 * The young generation of V8's heap, in MB, half of its default: 10,000 idle watches take 60 MB less and a loaded service 100 MB, at no
 * cost that could be measured. The Dockerfile says the same.
 */
const semiSpace = '--max-semi-space-size=8';

const programs: Record<string, Program> = {
  service: {
    entry: 'src/main.ts',
    bundle: 'dist/service.js',
    start: 'dist/main.js',
    launcher: 'bin/runs-service',
    nodeOptions: [semiSpace],
  },
  client: {
    entry: 'client/main.ts',
    bundle: 'dist/client.js',
    start: 'dist/client.js',
    launcher: 'bin/runs-client',
    nodeOptions: [],
  },
};

const root = dirname(import.meta.dirname);
const compileCache = 'dist/compile-cache';

/** CommonJS packages expect these names; a bundle in ESM has them only if somebody makes them. */
const commonJsNames = [
  `import { createRequire as __createRequire } from 'node:module';`,
  'const require = __createRequire(import.meta.url);',
  'const __filename = import.meta.filename;',
  'const __dirname = import.meta.dirname;',
].join('\n');

/**
 * Takes Node's own modules by a call instead of an import: an import reads each property of them, and one of node:http loads a whole
 * second HTTP client, 30 ms and several MB.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    const builtins = new Set(builtinModules);
    onResolve({ filter: /^(node:)?[a-z_/]+$/ }, ({ path }) => {
      const name = path.replace(/^node:/, '');
      return builtins.has(name) || path.startsWith('node:')
        ? { path: name, namespace: 'builtin' }
        : undefined;
    });
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(`node:${path}`)});`,
    }));
  },
};

/**
 * Takes signs beyond Latin-1 out of comments: a single one makes V8 hold the whole file in twice the memory. In code esbuild writes them
 * as escapes; should one stand anywhere else, the file stays as it is.
 */
async function makeNarrow(path: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  const narrow = text.replace(/[\u0100-\uffff]/g, '?');
  if (narrow === text) return;
  const code = async (source: string) =>
    (await transform(source, { minifyWhitespace: true, legalComments: 'none' })).code;
  if ((await code(text)) === (await code(narrow))) await writeFile(path, narrow);
}

async function bundle({ entry, bundle }: Program): Promise<void> {
  await rm(join(root, bundle.replace(/\.js$/, '-chunks')), { recursive: true, force: true });
  const { metafile } = await build({
    metafile: true,
    absWorkingDir: root,
    entryPoints: [entry],
    outdir: dirname(bundle),
    entryNames: basename(bundle, '.js'),
    bundle: true,
    // What only some configurations need (S3, a database's driver, ...) lies in files that the others never read.
    splitting: true,
    chunkNames: `${basename(bundle, '.js')}-chunks/[name]-[hash]`,
    platform: 'node',
    format: 'esm',
    // What scripts/with-node.sh accepts at least.
    target: 'node22.18',
    sourcemap: true,
    legalComments: 'linked',
    banner: { js: commonJsNames },
    // better-sqlite3 loads a binary from beside its own files; pg asks for pg-native and does without.
    external: ['better-sqlite3', 'pg-native'],
    plugins: [lazyBuiltins],
    logLevel: 'warning',
    logOverride: { 'direct-eval': 'silent' },
  });
  for (const path of Object.keys(metafile.outputs))
    if (path.endsWith('.js')) await makeNarrow(join(root, path));
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

/**
 * Compiling the bundle is a quarter of the time that a start takes, so what V8 made of it stays beside it. Where that folder cannot be
 * written to, or another Node made it, the bundle is compiled as usual.
 */
async function writeStart({ bundle, start }: Program): Promise<void> {
  if (start === bundle) return;
  await rm(join(root, compileCache), { recursive: true, force: true });
  const script = `import { enableCompileCache } from 'node:module';
enableCompileCache(\`\${import.meta.dirname}/${basename(compileCache)}\`);
await import('./${basename(bundle)}');
`;
  await writeFile(join(root, start), script);
  // Fills the cache for all who cannot write there.
  execFileSync(process.execPath, [join(root, start), '--version'], { stdio: 'ignore' });
}

async function writeLauncher({ start, launcher, nodeOptions }: Program): Promise<void> {
  const script = `#!/bin/sh
# Made by make: runs the bundle in dist/ with this project's Node.
root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
exec "$root/scripts/with-node.sh" node ${nodeOptions.map((option) => `${option} `).join('')}"$root/${start}" "$@"
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
await writeStart(program);
await writeLauncher(program);
console.log(`Made ${program.launcher}`);
