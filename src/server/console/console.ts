import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Organizations } from '../../runs/identity.ts';
import type { HttpRequest, HttpResponse } from '../listener.ts';
import { contentPolicy } from './content-policy.ts';
import { openFiles } from './files.ts';

/** What the page's build writes where the nonce belongs. */
const NONCE = '__CSP_NONCE__';
/** And where it is to say how organizations are told apart. */
const ORGANIZATIONS = '__ORGANIZATIONS__';

/** Where a build has the console (beside the bundle, whose parts lie in a folder of their own), and where a checkout has it. */
const FOLDERS = ['console', '../console', '../../../dist/console'].map((folder) =>
  join(import.meta.dirname, folder),
);

/** The console: one page, and the files that it loads. */
export interface Console {
  /** Answers a GET or HEAD of the page, at whichever of its addresses, or of a file; returns whether it did. */
  handle(request: HttpRequest, response: HttpResponse, path: string): boolean;
}

/** What a console needs to know. */
export interface ConsoleOptions {
  /** What was built; by default where this program's build puts it. */
  readonly folder?: string;
  /** How organizations are told apart: pages of a service that keeps them apart ask for one. */
  readonly organizations: Organizations;
  /** From where, besides this service, stored files are loaded. */
  readonly storage: readonly string[];
}

/** Opens the console, or answers undefined if it has not been built. */
export function openConsole({ folder, organizations, storage }: ConsoleOptions): Console | undefined {
  const found = (folder === undefined ? FOLDERS : [folder]).find((f) => existsSync(join(f, 'index.html')));
  if (found === undefined) return undefined;
  const page = readFileSync(join(found, 'index.html'), 'utf8').replaceAll(ORGANIZATIONS, organizations);
  // The names in assets/ change with their content.
  const files = openFiles(found, (path) =>
    path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
  );

  const sendPage = (response: HttpResponse) => {
    const nonce = randomBytes(16).toString('base64');
    response.statusCode = 200;
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.setHeader('content-security-policy', contentPolicy(nonce, storage));
    response.setHeader('cache-control', 'no-store');
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('referrer-policy', 'same-origin');
    response.setHeader('cross-origin-opener-policy', 'same-origin');
    response.end(page.replaceAll(NONCE, nonce));
  };

  return {
    handle(request, response, path) {
      if (request.method !== 'GET' && request.method !== 'HEAD') return false;
      if (isPage(request, path)) {
        sendPage(response);
        return true;
      }
      // The page as it was built has no nonce yet.
      if (path === '/' || path === '/index.html') return false;
      return files.handle(request, response, path);
    },
  };
}

/** Every address below /v2/ is the page's own affair; `/` is too for those who want a page, while programs get what JSON says of the service. */
function isPage(request: HttpRequest, path: string): boolean {
  if (path === '/v2' || path.startsWith('/v2/')) return true;
  return path === '/' && (request.headers.accept ?? '').includes('text/html');
}
