import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { beforeAll, afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { openConsole } from '../../src/server/console/console.ts';
import { contentPolicy, storageSources } from '../../src/server/console/content-policy.ts';
import { startServer } from './harness.ts';
import { h1, h2, type RawResponse } from './raw.ts';

const script = `console.log(${JSON.stringify('x'.repeat(2000))})`;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runs-console-'));
  await mkdir(join(folder, 'console/assets'), { recursive: true });
  await writeFile(join(folder, 'secret.txt'), 'not yours');
  await writeFile(join(folder, 'console/icon.svg'), '<svg/>');
  await writeFile(
    join(folder, 'console/index.html'),
    '<meta nonce="__CSP_NONCE__" content="__ORGANIZATIONS__"><script nonce="__CSP_NONCE__" src="/assets/main-1.js"></script>',
  );
  await writeFile(join(folder, 'console/assets/main-1.js'), script);
  await writeFile(join(folder, 'console/assets/main-1.js.br'), brotliCompressSync(script));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A server with the console of the folder above. */
function start() {
  const console = openConsole({ folder: join(folder, 'console'), organizations: 'separate', storage: [] });
  if (console === undefined) throw new Error('the console was not found');
  return startServer({ routes: (router) => router.service(RunService, {}), console });
}

type Get = (url: string, headers?: Record<string, string>, method?: string) => Promise<RawResponse>;
const versions: [string, Get][] = [
  ['HTTP/1.1', (url, headers = {}, method = 'GET') => h1(url, { headers, method })],
  [
    'HTTP/2',
    (url, headers = {}, method = 'GET') =>
      h2(url, { ':path': new URL(url).pathname, ':method': method, ...headers }, ''),
  ],
];

describe.each(versions)('the console over %s', (_, get) => {
  test('is one page at all its addresses, with a policy and a nonce of its own each time', async () => {
    const { url } = await start();
    const link = `${url}/v2/domain/development/project/flytesnacks/runs/r123`;
    const first = await get(link);
    const second = await get(url, { accept: 'text/html,*/*;q=0.8' });
    for (const answer of [first, second]) {
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(answer.headers['cache-control']).toBe('no-store');
      const nonce = /'nonce-([^']+)'/.exec(String(answer.headers['content-security-policy']))?.[1];
      expect(nonce).toMatch(/^.{22,}$/);
      expect(answer.body.toString()).toBe(
        `<meta nonce="${nonce}" content="separate"><script nonce="${nonce}" src="/assets/main-1.js"></script>`,
      );
    }
    expect(first.body).not.toEqual(second.body);
  });

  test('leaves what programs ask for as it was', async () => {
    const { url } = await start();
    const answer = await get(url, { accept: '*/*' });
    expect(JSON.parse(answer.body.toString())).toMatchObject({ service: 'runs-service' });
    expect((await get(`${url}/healthz`, { accept: 'text/html' })).body.toString()).toContain('ok');
    expect((await get(`${url}/index.html`)).status).toBe(404);
  });

  test('sends its files compressed and to be kept for ever, and nothing beside them', async () => {
    const { url } = await start();
    const plain = await get(`${url}/assets/main-1.js`);
    expect(plain.status).toBe(200);
    expect(plain.body.toString()).toBe(script);
    expect(plain.headers['content-type']).toContain('text/javascript');
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(plain.headers['x-content-type-options']).toBe('nosniff');
    const small = await get(`${url}/assets/main-1.js`, { 'accept-encoding': 'gzip, br' });
    expect(small.headers['content-encoding']).toBe('br');
    expect(brotliDecompressSync(small.body).toString()).toBe(script);
    const known = { 'if-none-match': String(plain.headers.etag) };
    expect((await get(`${url}/assets/main-1.js`, known)).status).toBe(304);
    const icon = await get(`${url}/icon.svg`);
    expect(icon.headers['cache-control']).toBe('no-cache');
    for (const path of ['/assets/main-2.js', '/../secret.txt', '/assets/..%2f..%2fsecret.txt', '/assets/']) {
      expect((await get(`${url}${path}`)).status, path).toBe(404);
    }
  });

  test('reads no file before it is asked for, and knows each by what it sent', async () => {
    const path = join(folder, 'console/late.svg');
    await writeFile(path, '<svg>old</svg>');
    onTestFinished(() => rm(path));
    const { url } = await start();
    await writeFile(path, '<svg>new</svg>');
    const first = await get(`${url}/late.svg`);
    expect(first.body.toString()).toBe('<svg>new</svg>');
    const digest = createHash('sha256').update(first.body).digest('base64url').slice(0, 22);
    expect(first.headers.etag).toBe(`"${digest}"`);
    expect((await get(`${url}/late.svg`, { 'if-none-match': `"${digest}"` })).status).toBe(304);
  });

  test('answers 404 for a file that a new build took away, and goes on', async () => {
    const { url } = await start();
    await rename(join(folder, 'console/icon.svg'), join(folder, 'icon.svg'));
    onTestFinished(() => rename(join(folder, 'icon.svg'), join(folder, 'console/icon.svg')));
    expect((await get(`${url}/icon.svg`)).status).toBe(404);
    expect((await get(`${url}/assets/main-1.js`)).status).toBe(200);
  });

  test('answers HEAD with the headers only', async () => {
    const { url } = await start();
    for (const path of ['/v2/x', '/assets/main-1.js']) {
      const answer = await get(url + path, {}, 'HEAD');
      expect(answer.status, path).toBe(200);
      expect(answer.body.length, path).toBe(0);
    }
  });
});

test('a console that was not built is not there', () => {
  expect(
    openConsole({ folder: join(folder, 'assets'), organizations: 'shared', storage: [] }),
  ).toBeUndefined();
});

test('the page may load files from where the storage is, and run nothing but its own scripts', () => {
  const s3 = { bucket: 'b', prefix: '', region: undefined, credentials: undefined };
  expect(storageSources({ s3: undefined })).toEqual([]);
  expect(storageSources({ s3: { ...s3, endpoint: 'http://localhost:9000', forcePathStyle: true } })).toEqual([
    'http://localhost:9000',
  ]);
  expect(storageSources({ s3: { ...s3, endpoint: 'https://s3.example', forcePathStyle: false } })).toEqual([
    'https://b.s3.example',
  ]);
  const policy = contentPolicy('abc', ['https://b.s3.example']);
  expect(policy).toContain("connect-src 'self' https://b.s3.example");
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toContain('unsafe');
});
