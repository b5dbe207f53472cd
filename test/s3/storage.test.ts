import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { instantFromMicros } from '../../src/runs/instant.ts';
import { createFolderStorage } from '../../src/storage/folder-storage.ts';
import { storagePath } from '../../src/storage/paths.ts';
import { createS3Storage } from '../../src/storage/s3-storage.ts';
import type { Storage, UploadRequest } from '../../src/storage/storage.ts';
import { S3_START_TIMEOUT_MS } from '../support/s3-binary.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';

const MAX_UPLOAD = 100_000;
const LIFETIME_MS = 60_000;

/** A storage with an address for its signed URLs. */
interface Opened {
  readonly storage: Storage;
  readonly baseUrl: string;
  readonly close: () => Promise<void>;
}

/** Milliseconds since 1970 by which storages sign; those that check signatures have a clock of their own. */
let nowMs = Date.now();
const clock = () => instantFromMicros(BigInt(nowMs) * 1000n);
const limits = { maxUploadBytes: MAX_UPLOAD, defaultExpiryMs: LIFETIME_MS, clock };

async function openFolder(): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), 'storage-both-'));
  const storage = createFolderStorage({
    ...limits,
    clock: () => (signing ? clock() : instantFromMicros(BigInt(Date.now()) * 1000n)),
    folder: join(folder, 'files'),
    signingKey: Buffer.alloc(32, 1),
    onFailure: (error) => {
      throw error;
    },
  });
  const server = http.createServer((request, response) => void storage.handler(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    storage,
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** True while a test signs with a clock that it has set. */
let signing = false;
let server: S3Server | undefined;

async function openS3(prefix: string): Promise<Opened> {
  server ??= await startS3Server();
  const s3 = await server.bucket(prefix === '' ? 'whole' : 'shared', prefix);
  const storage = createS3Storage({ ...limits, s3 });
  return { storage, baseUrl: 'http://unused', close: async () => storage.close() };
}

afterAll(() => server?.stop());

const digest = (content: Uint8Array | string) => createHash('md5').update(content).digest();
const path = (text: string) => storagePath(text, 'x');

describe.each([
  { name: 'a folder', open: openFolder },
  { name: 'a bucket', open: () => openS3('') },
  { name: 'a bucket with a prefix', open: () => openS3('flyte/prod') },
])('Storage in $name', ({ open }) => {
  let storage: Storage;
  let baseUrl: string;
  let opened: Opened;

  beforeAll(async () => {
    opened = await open();
    ({ storage, baseUrl } = opened);
    await storage.checkUsable();
  }, S3_START_TIMEOUT_MS);
  afterAll(() => opened?.close());

  const location = (content: Uint8Array | string, more: Partial<UploadRequest> = {}) =>
    storage.uploadLocation({
      baseUrl,
      org: '',
      project: 'p',
      domain: 'development',
      filename: 'file.bin',
      filenameRoot: '',
      contentMd5: digest(content),
      ...more,
    });
  const put = (url: string, body: string, headers: Record<string, string>) =>
    fetch(url, { method: 'PUT', body, headers });
  const text = async (uri: string) => {
    const bytes = await storage.read(uri, MAX_UPLOAD);
    return bytes && Buffer.from(bytes).toString();
  };

  it('takes an upload and gives it back', async () => {
    const content = 'ü content';
    const { signedUrl, nativeUrl, headers, expiresAt } = await location(content, {
      contentLength: Buffer.byteLength(content),
    });
    expect(headers).toEqual({ 'Content-MD5': digest(content).toString('base64') });
    expect(expiresAt > clock()).toBe(true);
    expect(await storage.exists(nativeUrl)).toBe(false);
    expect(await storage.read(nativeUrl, 10)).toBeUndefined();
    const answer = await put(signedUrl, content, headers);
    expect(answer.status, await answer.text()).toBe(200);
    expect(await storage.exists(nativeUrl)).toBe(true);
    expect(await text(nativeUrl)).toBe(content);

    const link = await storage.downloadLink(nativeUrl, { baseUrl });
    const download = await fetch(link.signedUrl);
    expect(download.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''file.bin");
    expect(await download.text()).toBe(content);
  });

  it('takes an upload of unknown length, as the SDK announces none', async () => {
    const { signedUrl, nativeUrl, headers } = await location('one', {
      filenameRoot: 'tracked-runs/local-1/a0/1',
    });
    expect((await put(signedUrl, 'one', headers)).status).toBe(200);
    expect(nativeUrl).toMatch(/\/uploads\/p\/development\/tracked-runs\/local-1\/a0\/1\/file\.bin$/);
    expect(await text(nativeUrl)).toBe('one');
  });

  it('shows a report and replaces it', async () => {
    for (const html of ['<p>1', '<p>2']) {
      const { signedUrl, nativeUrl, headers } = await location(html, {
        filename: 'report.html',
        filenameRoot: 'r',
      });
      expect((await put(signedUrl, html, headers)).status).toBe(200);
      const answer = await fetch((await storage.downloadLink(nativeUrl, { baseUrl })).signedUrl);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('content-disposition')).toBe('inline');
      expect(await answer.text()).toBe(html);
    }
  });

  it('refuses other content than was signed, whatever digest it brings', async () => {
    const { signedUrl, nativeUrl, headers } = await location('wanted', {
      filename: 'refused',
      contentLength: 6,
    });
    const other = { 'Content-MD5': digest('forged').toString('base64') };
    for (const answer of [
      await put(signedUrl, 'forged', headers),
      await put(signedUrl, 'forged', other),
      await put(signedUrl, 'longer than wanted', headers),
      await put(signedUrl.replace('refused', 'elsewhere'), 'wanted', headers),
    ]) {
      expect(answer.status, await answer.text()).toBeGreaterThanOrEqual(400);
    }
    expect(await storage.exists(nativeUrl)).toBe(false);
    expect((await put(signedUrl, 'wanted', headers)).status).toBe(200);
  });

  it('signs for a time only, in the words that the SDK looks for', async () => {
    signing = true;
    nowMs = Date.now() - LIFETIME_MS - 5_000;
    const { signedUrl, headers } = await location('late');
    signing = false;
    nowMs = Date.now();
    const answer = await put(signedUrl, 'late', headers);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toMatch(/Request has expired/);
  });

  it('knows its own names', () => {
    for (const name of ['a/b c.pb', 'ü/100%/#?&+.pb', "it's (1)"]) {
      expect(storage.resolve(storage.nativeUrl(path(name)))).toBe(name);
    }
    const root = storage.nativeUrl(path('x')).slice(0, -1);
    expect(storage.resolve(`${root}a/b/`)).toBe('a/b');
    for (const uri of [
      '',
      'a',
      '/etc/passwd',
      's3://other/a',
      root,
      `${root}../x`,
      `${root}a//b`,
      `${root}.incoming/a`,
    ]) {
      expect(storage.resolve(uri), uri).toBeUndefined();
    }
  });

  it('writes, replaces and reads any name', async () => {
    for (const name of ['w/b c.pb', 'w/ü/100%/#?&+.pb', "w/it's (1)"]) {
      const uri = await storage.write(path(name), Buffer.from('one'));
      expect(await storage.write(path(name), Buffer.from('two'))).toBe(uri);
      expect(await text(uri), name).toBe('two');
      const link = await storage.downloadLink(uri, { baseUrl });
      expect(await (await fetch(link.signedUrl)).text(), name).toBe('two');
    }
    expect(await text(await storage.write(path('w/empty'), Buffer.alloc(0)))).toBe('');
  });

  it('keeps large content whole, and reads no more than was asked for', async () => {
    const large = Buffer.alloc(3_000_000, 'abc');
    const uri = await storage.write(path('large'), large);
    expect(Buffer.from((await storage.read(uri, large.length)) ?? []).equals(large)).toBe(true);
    await expect(storage.read(uri, large.length - 1)).rejects.toThrow(
      /has 3000000 bytes, more than the 2999999/,
    );
  });

  it('answers undefined for what is not there or outside', async () => {
    const uri = await storage.write(path('there/file'), Buffer.from('x'));
    for (const other of [
      storage.nativeUrl(path('none')),
      `${uri}/deeper`,
      uri.replace(/\/file$/, ''),
      '/etc/hostname',
      's3://other/a',
    ]) {
      expect(await storage.read(other, 10), other).toBeUndefined();
      expect(await storage.exists(other), other).toBe(false);
    }
    await expect(storage.downloadLink('s3://other/a', { baseUrl })).rejects.toThrow(/is not in the storage/);
  });

  it.each<[Partial<UploadRequest>, RegExp]>([
    [{ project: '..' }, /^project/],
    [{ filename: '../f' }, /^filename/],
    [{ filenameRoot: '/etc' }, /^filename_root/],
    [{ contentMd5: Buffer.alloc(15) }, /^content_md5/],
    [{ contentLength: MAX_UPLOAD + 1 }, /^content_length is 100001/],
    [{ expiresInMs: 3_600_001 }, /at most 3600 seconds/],
  ])('refuses %j', async (change, message) => {
    await expect(location('x', change)).rejects.toThrow(message);
  });
});
