import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { npmChromium } from './npm-chromium.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
// Tests run as root where containers do; nothing but our own pages is opened.
const args = ['--no-sandbox'];

/** Starts a browser: the machine's own Chromium if there is one in the PATH, else the one that npm brought. */
export async function launchBrowser(): Promise<Browser> {
  const found = inPath();
  return chromium.launch({
    args,
    ...(found === undefined ? await npmChromium() : { executablePath: found }),
  });
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
