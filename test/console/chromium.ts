import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Starts a browser: the machine's own Chromium if there is one in the PATH, else the one that npm brought. */
export async function launchBrowser(): Promise<Browser> {
  const found = inPath();
  // Tests run as root where containers do; nothing but our own pages is opened.
  if (found !== undefined) return chromium.launch({ executablePath: found, args: ['--no-sandbox'] });
  const packaged = (await import('@sparticuz/chromium')).default;
  return chromium.launch({ executablePath: await packaged.executablePath(), args: packaged.args });
}

function inPath(): string | undefined {
  const files = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return files.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
