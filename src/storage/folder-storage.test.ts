import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { instantFromMicros } from '../runs/instant.ts';
import { createFolderStorage, type FolderStorageOptions } from './folder-storage.ts';
import { storagePath } from './paths.ts';

const md5 = createHash('md5').update('x').digest();
const baseUrl = 'http://host:1/';
const request = {
  baseUrl,
  org: '',
  project: 'p',
  domain: 'd',
  filename: 'f.pb',
  filenameRoot: '',
  contentMd5: md5,
};

let base: string;
let folder: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'storage-'));
  folder = join(base, 'files');
});
afterEach(() => {
  rmSync(base, { recursive: true, force: true });
});

function storage(more: Partial<FolderStorageOptions> = {}) {
  return createFolderStorage({
    folder,
    signingKey: Buffer.alloc(32, 1),
    maxUploadBytes: 100,
    defaultExpiryMs: 60_000,
    clock: () => instantFromMicros(1_000_000n),
    onFailure: (error) => {
      throw error;
    },
    ...more,
  });
}

describe('uploadLocation', () => {
  it('names files by digest, or by the root that the client wants', async () => {
    const byDigest = await storage().uploadLocation(request);
    expect(byDigest.nativeUrl).toBe(join(folder, 'uploads/p/d', md5.toString('hex'), 'f.pb'));
    expect(byDigest.headers).toEqual({ 'Content-MD5': md5.toString('base64') });
    expect(byDigest.expiresAt).toBe('1970-01-01T00:01:01.000000Z');
    expect(byDigest.signedUrl).toMatch(/^http:\/\/host:1\/storage\/uploads\/p\/d\//);

    const byRoot = await storage().uploadLocation({ ...request, filenameRoot: 'tracked-runs/local-1/a0/1' });
    expect(byRoot.nativeUrl).toBe(join(folder, 'uploads/p/d/tracked-runs/local-1/a0/1/f.pb'));
  });

  it('keeps organizations apart where they count', async () => {
    const { nativeUrl } = await storage().uploadLocation({ ...request, org: 'acme', filenameRoot: 'r' });
    expect(nativeUrl).toBe(join(folder, 'uploads/@acme/p/d/r/f.pb'));
  });

  it('makes a name up where there is none', async () => {
    const [a, b] = await Promise.all(
      [1, 2].map(() => storage().uploadLocation({ ...request, filename: '' })),
    );
    expect(a?.nativeUrl).not.toBe(b?.nativeUrl);
  });

  it.each([
    [{ project: '..' }, /^project/],
    [{ project: 'a/b' }, /^project/],
    [{ project: '' }, /^project/],
    [{ domain: '.' }, /^domain/],
    [{ org: 'a/../b' }, /^org/],
    [{ filename: '../f' }, /^filename/],
    [{ filename: 'f\0' }, /^filename/],
    [{ filenameRoot: '/etc' }, /^filename_root/],
    [{ filenameRoot: 'a/../../../..' }, /^filename_root/],
    [{ filenameRoot: `${'a/'.repeat(510)}a` }, /longer than 1024/],
    [{ contentMd5: md5.subarray(1) }, /^content_md5/],
    [{ contentLength: 101 }, /^content_length is 101/],
    [{ contentLength: -1 }, /^content_length/],
    [{ expiresInMs: 0 }, /^expires_in/],
    [{ expiresInMs: 3_600_001 }, /at most 3600 seconds/],
  ])('refuses %j', async (change, message) => {
    await expect(storage().uploadLocation({ ...request, ...change })).rejects.toThrow(message);
  });
});

describe('resolve', () => {
  it('knows its own files, as paths and as file URIs', () => {
    const it = storage();
    expect(it.resolve(join(folder, 'a/b c'))).toBe('a/b c');
    expect(it.resolve(`${folder}/a/`)).toBe('a');
    expect(it.resolve(pathToFileURL(join(folder, 'a/b c#?')).href)).toBe('a/b c#?');
    expect(it.resolve(`file://localhost${folder}/a`)).toBe('a');
    expect(it.nativeUrl(storagePath('a/b', 'x'))).toBe(join(folder, 'a/b'));
  });

  it.each([
    '',
    'a/b',
    '/etc/passwd',
    's3://bucket/a',
    'http://host/a',
    '$',
    '$x/a',
    '$/',
    '$/../outside',
    '$/a/../b',
    '$//a',
    '$/.incoming/a',
    'file://$/../a',
    'file://$/%2e%2e/a',
    'file://$/a%2Fb',
    'file://$/%zz',
    'file://elsewhere$/a',
    'file:$/a',
  ])('refuses %j', (uri) => {
    expect(storage().resolve(uri.replace('$', folder))).toBeUndefined();
  });

  it('signs no download of what is outside', async () => {
    await expect(storage().downloadLink('/etc/passwd', { baseUrl })).rejects.toThrow(
      /is not in the storage of this service/,
    );
  });
});

describe('reading and writing', () => {
  const path = storagePath('a/b/c.pb', 'x');

  it('writes, replaces and reads back', async () => {
    const it = storage();
    const uri = await it.write(path, Buffer.from('one'));
    expect(await it.write(path, Buffer.from('two'))).toBe(uri);
    expect(Buffer.from((await it.read(uri, 3)) ?? []).toString()).toBe('two');
    expect(await it.exists(uri)).toBe(true);
    await expect(it.read(uri, 2)).rejects.toThrow(/has 3 bytes, more than the 2/);
  });

  it('answers undefined for what is not there, not a file, or outside', async () => {
    const it = storage();
    await it.write(path, Buffer.from('one'));
    for (const uri of [
      join(folder, 'none'),
      join(folder, 'a'),
      join(folder, 'a/b/c.pb/d'),
      '/etc/hostname',
    ]) {
      expect(await it.read(uri, 10), uri).toBeUndefined();
      expect(await it.exists(uri), uri).toBe(false);
    }
  });

  it('says so when a file and a folder meet', async () => {
    const it = storage();
    await it.write(path, Buffer.from('one'));
    await expect(it.write(storagePath('a/b/c.pb/d', 'x'), Buffer.from('x'))).rejects.toThrow(
      /a file stands where/,
    );
    await expect(it.write(storagePath('a/b', 'x'), Buffer.from('x'))).rejects.toThrow(/a file stands where/);
    expect(readFileSync(join(folder, path), 'utf8')).toBe('one');
  });

  it('follows no symbolic link out of the folder', async () => {
    const it = storage();
    await it.checkUsable();
    const outside = join(base, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'secret'), 'secret');
    symlinkSync(outside, join(folder, 'link'));
    symlinkSync(join(outside, 'secret'), join(folder, 'file'));
    symlinkSync(join(outside, 'new'), join(folder, 'dangling'));
    await expect(it.read(join(folder, 'link/secret'), 10)).rejects.toThrow(/leads out of the storage folder/);
    await expect(it.read(join(folder, 'file'), 10)).rejects.toThrow(/leads out of the storage folder/);
    for (const target of ['link/new', 'link/deep/new', 'dangling/new']) {
      await expect(it.write(storagePath(target, 'x'), Buffer.from('x')), target).rejects.toThrow();
    }
    await it.write(storagePath('file', 'x'), Buffer.from('mine'));
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
    expect(existsSync(join(outside, 'new'))).toBe(false);
    expect(existsSync(join(outside, 'deep'))).toBe(false);
  });

  it('works when the folder itself is reached through a link', async () => {
    mkdirSync(join(base, 'real'));
    symlinkSync(join(base, 'real'), folder);
    const uri = await storage().write(path, Buffer.from('one'));
    expect(uri).toBe(join(folder, path));
    expect(readFileSync(join(base, 'real', path), 'utf8')).toBe('one');
  });
});

describe('checkUsable', () => {
  it('makes the folder and removes only old leftovers', async () => {
    await storage().checkUsable();
    for (const name of ['old', 'new']) writeFileSync(join(folder, '.incoming', name), '');
    utimesSync(join(folder, '.incoming/old'), 0, 0);
    await storage().checkUsable();
    expect(existsSync(join(folder, '.incoming/old'))).toBe(false);
    expect(existsSync(join(folder, '.incoming/new'))).toBe(true);
  });

  it('names the setting when nothing can be written', async () => {
    writeFileSync(folder, 'a file');
    await expect(storage().checkUsable()).rejects.toThrow(/^storage\.folder: files can't be written to "/);
  });
});
