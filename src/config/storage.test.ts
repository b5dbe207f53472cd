import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseConfig, redactedConfig } from '../config.ts';
import { StartupError } from './errors.ts';

const parse = (raw: object, environment: Record<string, string> = {}) =>
  parseConfig({ database: { sqlite: { file: './runs.db' } }, ...raw }, environment, 'config.yaml');

function sentence(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof StartupError) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const key = Buffer.alloc(32, 7).toString('base64');

describe('storage', () => {
  test('is a folder unless a bucket is named', () => {
    expect(parse({}).storage).toMatchObject({ folder: './data/storage', s3: undefined });
    expect(parse({ storage: { folder: '/f', s3: null } }).storage).toMatchObject({
      folder: '/f',
      s3: undefined,
    });
    expect(parse({ storage: { s3: { bucket: 'runs' } } }).storage.s3).toEqual({
      bucket: 'runs',
      prefix: '',
      endpoint: undefined,
      region: undefined,
      credentials: undefined,
      forcePathStyle: false,
    });
  });

  test('S3 by environment variables, with keys in files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'runs-config-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'secret'), 'from the file\n');
    const { s3 } = parse(
      { storage: { folder: '/f', s3: { secretAccessKey: 'from the key' } } },
      {
        STORAGE_FOLDER: '',
        STORAGE_S3_BUCKET: 'runs',
        STORAGE_S3_PREFIX: 'flyte/prod',
        STORAGE_S3_ENDPOINT: 'http://127.0.0.1:9000/',
        STORAGE_S3_ACCESS_KEY_ID: 'me',
        STORAGE_S3_SECRET_ACCESS_KEY_FILE: join(folder, 'secret'),
      },
    ).storage;
    expect(s3).toMatchObject({
      prefix: 'flyte/prod',
      endpoint: 'http://127.0.0.1:9000',
      credentials: { accessKeyId: 'me', secretAccessKey: 'from the file' },
      forcePathStyle: true,
    });
  });

  test.each<[object, RegExp]>([
    [
      { folder: '/f', s3: { bucket: 'runs' } },
      /storage\.folder and storage\.s3\.bucket are both set; keep one/,
    ],
    [{ s3: { prefix: 'x' } }, /storage\.s3\.bucket must be set/],
    [{ s3: { bucket: 'No Bucket' } }, /storage\.s3\.bucket must be the name of a bucket, not "No Bucket"/],
    [{ s3: { bucket: 'runs', prefix: '/x' } }, /storage\.s3\.prefix must be a path/],
    [{ s3: { bucket: 'runs', prefix: 'a/../b' } }, /storage\.s3\.prefix must be a path/],
    [
      { s3: { bucket: 'runs', endpoint: 'http://host/path' } },
      /storage\.s3\.endpoint must be an http or https URL/,
    ],
    [{ s3: { bucket: 'runs', accessKeyId: 'me' } }, /storage\.s3\.secretAccessKey .* is missing/],
    [
      { s3: { bucket: 'runs', secretAccessKeyFile: '/none' } },
      /secretAccessKeyFile: the file \/none does not exist/,
    ],
  ])('%j is refused', (storage, message) => {
    expect(sentence(() => parse({ storage }))).toMatch(message);
  });
});

describe('secrets', () => {
  test('have a key file, or a key', () => {
    expect(parse({}).secrets).toEqual({ keyFile: './data/secrets.key', key: undefined });
    expect(parse({}, { SECRETS_KEY: key }).secrets.key).toBe(key);
  });

  test.each(['hunter2', `${key}x`, Buffer.alloc(31).toString('base64')])(
    '%s is no key, and not repeated',
    (text) => {
      const message = sentence(() => parse({ secrets: { key: text } }));
      expect(message).toMatch(/secrets\.key must be 32 bytes as base64/);
      expect(message).not.toContain(text);
    },
  );
});

test('nothing secret is left in what may be logged', () => {
  const s3 = { bucket: 'runs', accessKeyId: 'me', secretAccessKey: 'hunter2' };
  const text = JSON.stringify(redactedConfig(parse({ storage: { s3 }, secrets: { key } })));
  expect(text).toContain('"me"');
  expect(text).not.toContain('hunter2');
  expect(text).not.toContain(key);
});
