import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { instantFromMicros } from '../../src/runs/instant.ts';
import { createFolderStorage, type FolderStorage } from '../../src/storage/folder-storage.ts';

const MAX_UPLOAD = 256 * 1024;
const LIFETIME_MS = 60_000;

let folder: string;
let nowMs: number;
let storage: FolderStorage;
let failures: unknown[];
let server: http.Server;
let handled: Promise<void>[];

async function listen(stallTimeoutMs: number) {
  folder = mkdtempSync(join(tmpdir(), 'storage-http-'));
  nowMs = 1_000_000;
  failures = [];
  handled = [];
  storage = createFolderStorage({
    folder,
    signingKey: Buffer.alloc(32, 1),
    maxUploadBytes: MAX_UPLOAD,
    defaultExpiryMs: LIFETIME_MS,
    clock: () => instantFromMicros(BigInt(nowMs) * 1000n),
    stallTimeoutMs,
    onFailure: (error) => failures.push(error),
  });
  server = http.createServer((request, response) => handled.push(storage.handler(request, response)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

async function close() {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  rmSync(folder, { recursive: true, force: true });
  expect(failures).toEqual([]);
}

beforeEach(() => listen(60_000));
afterEach(close);

const baseUrl = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const digest = (content: Uint8Array | string) => createHash('md5').update(content).digest();

function location(content: Uint8Array | string, more: { filename?: string; contentLength?: number } = {}) {
  return storage.uploadLocation({
    baseUrl: baseUrl(),
    org: '',
    project: 'p',
    domain: 'development',
    filename: 'file.bin',
    filenameRoot: 'root',
    contentMd5: digest(content),
    ...more,
  });
}

const put = (url: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'PUT', body, headers });

async function stored(content: string, filename = 'file.bin') {
  const { signedUrl, nativeUrl } = await location(content, { filename });
  expect((await put(signedUrl, content)).status).toBe(200);
  return { nativeUrl, link: (await storage.downloadLink(nativeUrl, { baseUrl: baseUrl() })).signedUrl };
}

/** What stands in the folder of half-written files; must be nothing once a request is over. */
const leftovers = () => (existsSync(join(folder, '.incoming')) ? readdirSync(join(folder, '.incoming')) : []);

async function refused(response: Response, status: number, message: RegExp) {
  expect(await response.text()).toMatch(message);
  expect(response.status).toBe(status);
  expect(leftovers()).toEqual([]);
}

describe('PUT', () => {
  it('stores what was signed, with the headers of the Flyte SDK and without them', async () => {
    const content = Buffer.alloc(200_000, 'ab');
    const { signedUrl, nativeUrl, headers } = await location(content, { contentLength: content.length });
    const response = await put(signedUrl, content, { ...headers, 'content-type': 'text/html' });
    expect(response.status).toBe(200);
    expect(readFileSync(nativeUrl)).toEqual(content);
    expect((await put(signedUrl, content)).status).toBe(200);
    expect(leftovers()).toEqual([]);
  });

  it('stores an empty file', async () => {
    const { signedUrl, nativeUrl } = await location('', { contentLength: 0 });
    expect((await put(signedUrl, '')).status).toBe(200);
    expect(readFileSync(nativeUrl)).toHaveLength(0);
  });

  it('takes a body of unknown length', async () => {
    const { signedUrl, nativeUrl } = await location('one two');
    const request = http.request(signedUrl, { method: 'PUT' });
    request.write('one ');
    request.end('two');
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    expect(response.statusCode).toBe(200);
    expect(readFileSync(nativeUrl, 'utf8')).toBe('one two');
  });

  it('refuses other content and keeps the old', async () => {
    const { nativeUrl } = await stored('old');
    const { signedUrl } = await location('new');
    await refused(await put(signedUrl, 'other'), 400, /does not have the MD5 digest/);
    const wrongHeader = { 'content-md5': digest('other').toString('base64') };
    await refused(await put(signedUrl, 'new', wrongHeader), 400, /^Content-MD5 is not the digest/);
    await refused(await put(signedUrl, 'new', { 'content-encoding': 'gzip' }), 400, /without an encoding/);
    expect(readFileSync(nativeUrl, 'utf8')).toBe('old');
  });

  it('refuses more bytes than configured or signed, announced or not', async () => {
    const large = Buffer.alloc(MAX_UPLOAD + 1);
    await refused(await put((await location(large)).signedUrl, large), 413, /larger than the 262144 bytes/);
    await refused(
      await put((await location('1234', { contentLength: 3 })).signedUrl, '1234'),
      413,
      /larger than the 3 bytes/,
    );

    const request = http.request((await location(large)).signedUrl, { method: 'PUT' });
    // The rest of it may meet a connection that is closed after the answer.
    request.on('error', () => undefined);
    request.write(large.subarray(0, 100_000));
    request.end(large);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    expect(response.statusCode).toBe(413);
    expect(leftovers()).toEqual([]);
    expect(existsSync(join(folder, 'uploads/p/development/root/file.bin'))).toBe(false);
  });

  it('refuses what is not signed, signed for something else, or expired', async () => {
    const { signedUrl } = await location('x');
    await refused(
      await put(signedUrl.replace(/signature=./, 'signature=_'), 'x'),
      403,
      /signature does not match/,
    );
    await refused(await put(signedUrl.split('?')[0] ?? '', 'x'), 403, /signature does not match/);
    await refused(
      await put(signedUrl.replace('file.bin', 'other.bin'), 'x'),
      403,
      /signature does not match/,
    );
    await refused(await fetch(signedUrl), 403, /signature does not match/);
    await refused(await fetch(signedUrl, { method: 'DELETE' }), 405, /only GET, HEAD and PUT/);
    nowMs += LIFETIME_MS;
    expect((await put(signedUrl, 'x')).status).toBe(200);
    nowMs += 1;
    await refused(await put(signedUrl, 'x'), 403, /^Request has expired/);
  });

  it('forgets an upload that the client cuts off', async () => {
    const content = Buffer.alloc(100_000, 1);
    const { signedUrl, nativeUrl } = await location(content);
    const request = http.request(signedUrl, { method: 'PUT', headers: { 'content-length': content.length } });
    request.on('error', () => undefined);
    request.write(content.subarray(0, 50_000));
    await once(server, 'request');
    request.destroy();
    await Promise.all(handled);
    expect(existsSync(nativeUrl)).toBe(false);
    expect(leftovers()).toEqual([]);
  });

  it('gives up an upload that stands still', async () => {
    await close();
    await listen(20);
    const { signedUrl, nativeUrl } = await location('12');
    const request = http.request(signedUrl, { method: 'PUT', headers: { 'content-length': 2 } });
    const failed = once(request, 'error');
    request.on('error', () => undefined);
    request.write('1');
    await failed.catch(() => undefined);
    await Promise.all(handled);
    expect(existsSync(nativeUrl)).toBe(false);
    expect(leftovers()).toEqual([]);
  });

  it('lets concurrent uploads of one file each be whole', async () => {
    const contents = Array.from({ length: 8 }, (_, i) => Buffer.alloc(150_000, i));
    const answers = await Promise.all(
      contents.map(async (content) => put((await location(content)).signedUrl, content)),
    );
    expect(answers.map((answer) => answer.status)).toEqual(contents.map(() => 200));
    const kept = readFileSync(join(folder, 'uploads/p/development/root/file.bin'));
    expect(contents.some((content) => content.equals(kept))).toBe(true);
    expect(leftovers()).toEqual([]);
  });
});

describe('paths', () => {
  it('never leave the folder, however they are written', async () => {
    const { signedUrl } = await location('x');
    const query = signedUrl.slice(signedUrl.indexOf('?'));
    const { port } = server.address() as AddressInfo;
    for (const path of [
      '/storage/../../etc/passwd',
      '/storage/uploads/../../../etc/passwd',
      '/storage/uploads/%2e%2e/%2e%2e/etc/passwd',
      '/storage/uploads%2f..%2f..%2fetc%2fpasswd',
      '/storage//etc/passwd',
      '/storage/',
      '/storage/a%00b',
      '/storage/%ff',
      '/storage/.incoming/x',
      `/storage/${'a/'.repeat(600)}a`,
      '/elsewhere/a',
    ]) {
      // Over a plain socket: clients would tidy the path up.
      const socket = net.connect(port, '127.0.0.1');
      socket.end(
        `PUT ${path}${query} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx`,
      );
      const answer = Buffer.concat(await socket.toArray()).toString();
      expect(answer, path).toMatch(/^HTTP\/1\.1 400 /);
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('GET and HEAD', () => {
  it('sends a file as something to save', async () => {
    const { link } = await stored('hello', "wörld's (1).bin");
    const response = await fetch(link);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '5',
      'content-disposition': "attachment; filename*=UTF-8''w%C3%B6rld%27s%20%281%29.bin",
      'content-security-policy': 'sandbox',
      'x-content-type-options': 'nosniff',
    });
    expect(await response.text()).toBe('hello');
    const head = await fetch(link, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '5', '']);
  });

  it('shows a report, but in a sandbox, and no other HTML at all', async () => {
    const report = await fetch((await stored('<p>', 'report.html')).link);
    expect(report.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = report.headers.get('content-security-policy')?.split('; ') ?? [];
    // Its scripts run, as an origin of its own, and reach nobody.
    expect(policy[0]).toBe('sandbox allow-scripts');
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "connect-src 'none'",
        "form-action 'none'",
        "base-uri 'none'",
      ]),
    );
    expect(policy.join()).not.toMatch(/allow-same-origin|allow-top-navigation|allow-forms|'self'|\*|http:/);
    const page = await fetch((await stored('<p>', 'page.html')).link);
    expect(page.headers.get('content-type')).toBe('application/octet-stream');
    expect(page.headers.get('content-security-policy')).toBe('sandbox');
  });

  it('sends the one range that is asked for', async () => {
    const { link } = await stored('0123456789');
    const ranged = async (range: string, more: Record<string, string> = {}) => {
      const response = await fetch(link, { headers: { range, ...more } });
      return [response.status, response.headers.get('content-range'), await response.text()];
    };
    expect(await ranged('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234']);
    expect(await ranged('bytes=-2')).toEqual([206, 'bytes 8-9/10', '89']);
    expect(await ranged('bytes=8-')).toEqual([206, 'bytes 8-9/10', '89']);
    expect(await ranged('bytes=10-')).toEqual([416, 'bytes */10', 'the file has 10 bytes\n']);
    expect(await ranged('bytes=0-1,4-5')).toEqual([200, null, '0123456789']);
    expect(await ranged('bytes=2-4', { 'if-range': '"etag"' })).toEqual([200, null, '0123456789']);
  });

  it('answers for empty, missing and expired files', async () => {
    const empty = await fetch((await stored('')).link);
    expect([empty.status, await empty.text()]).toEqual([200, '']);
    const { link, nativeUrl } = await stored('x');
    rmSync(nativeUrl);
    await refused(await fetch(link), 404, /there is no such file/);
    await refused(await put(link, 'x'), 403, /signature does not match/);
    nowMs += LIFETIME_MS + 1;
    await refused(await fetch(link), 403, /^Request has expired/);
  });
});

describe('HTTP/2', () => {
  let h2: http2.Http2Server;
  let client: http2.ClientHttp2Session;

  beforeEach(async () => {
    h2 = http2.createServer((request, response) => handled.push(storage.handler(request, response)));
    h2.listen(0, '127.0.0.1');
    await once(h2, 'listening');
    client = http2.connect(`http://127.0.0.1:${(h2.address() as AddressInfo).port}`);
  });

  afterEach(async () => {
    client.destroy();
    await new Promise((done) => h2.close(done));
  });

  async function call(method: string, url: string, body?: Uint8Array | string) {
    const stream = client.request({ ':method': method, ':path': url.slice(url.indexOf('/storage/')) });
    stream.end(body);
    const [headers] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    return { status: headers[':status'], body: Buffer.concat(await stream.toArray()).toString() };
  }

  it('stores, sends and refuses', async () => {
    const { signedUrl, nativeUrl } = await location('hello');
    expect((await call('PUT', signedUrl, 'other')).status).toBe(400);
    expect((await call('PUT', signedUrl, 'hello')).status).toBe(200);
    expect(
      await call('GET', (await storage.downloadLink(nativeUrl, { baseUrl: baseUrl() })).signedUrl),
    ).toEqual({
      status: 200,
      body: 'hello',
    });
    const large = Buffer.alloc(MAX_UPLOAD + 1);
    expect((await call('PUT', (await location(large)).signedUrl, large)).status).toBe(413);
    expect(leftovers()).toEqual([]);
  });

  it('forgets an upload that the client cuts off', async () => {
    const { signedUrl, nativeUrl } = await location('whole');
    const stream = client.request({
      ':method': 'PUT',
      ':path': signedUrl.slice(signedUrl.indexOf('/storage/')),
    });
    stream.on('error', () => undefined);
    stream.write('who');
    await once(h2, 'request');
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await once(stream, 'close');
    await Promise.all(handled);
    expect(existsSync(nativeUrl)).toBe(false);
    expect(leftovers()).toEqual([]);
  });
});
