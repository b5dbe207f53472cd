import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/runs/instant.ts';
import { storagePath } from '../../src/storage/paths.ts';
import { createS3Storage } from '../../src/storage/s3-storage.ts';
import { S3_START_TIMEOUT_MS } from '../support/s3-binary.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';

const limits = { maxUploadBytes: 100, defaultExpiryMs: 60_000, clock: systemClock };
const path = (text: string) => storagePath(text, 'x');

describe('S3', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server();
  }, S3_START_TIMEOUT_MS);
  afterAll(() => server?.stop());

  it('tells tasks how to reach it', async () => {
    const s3 = await server.bucket('tasks');
    const environment = await createS3Storage({ ...limits, s3 }).taskEnvironment();
    expect(environment).toMatchObject({
      FLYTE_AWS_ENDPOINT: server.endpoint,
      FLYTE_AWS_ACCESS_KEY_ID: 'test-key',
      FLYTE_AWS_SECRET_ACCESS_KEY: 'test-secret-key',
      FLYTE_AWS_S3_ADDRESSING_STYLE: 'path',
      AWS_REGION: 'us-east-1',
      AWS_ALLOW_HTTP: 'true',
    });
  });

  it('hands on what the default chain finds where no key is configured', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'from-env');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret-from-env');
    vi.stubEnv('AWS_SESSION_TOKEN', 'token');
    vi.stubEnv('AWS_REGION', 'eu-north-1');
    const s3 = {
      bucket: 'b',
      prefix: '',
      endpoint: undefined,
      region: undefined,
      credentials: undefined,
      forcePathStyle: false,
    };
    expect(await createS3Storage({ ...limits, s3 }).taskEnvironment()).toEqual({
      FLYTE_AWS_ACCESS_KEY_ID: 'from-env',
      FLYTE_AWS_SECRET_ACCESS_KEY: 'secret-from-env',
      FLYTE_AWS_S3_ADDRESSING_STYLE: 'virtual',
      AWS_ACCESS_KEY_ID: 'from-env',
      AWS_SECRET_ACCESS_KEY: 'secret-from-env',
      AWS_SESSION_TOKEN: 'token',
      AWS_REGION: 'eu-north-1',
      AWS_DEFAULT_REGION: 'eu-north-1',
    });
  });

  it('ends the start with a sentence where it can not be used', async () => {
    const s3 = await server.bucket('usable');
    const sentence = async (change: object) => {
      const storage = createS3Storage({ ...limits, s3: { ...s3, ...change } });
      return storage.checkUsable().then(
        () => 'usable',
        (error: Error) => `${error.name}: ${error.message}`,
      );
    };
    expect(await sentence({})).toBe('usable');
    const begin = "StartupError: storage.s3: files can't be written to s3://";
    expect(await sentence({ bucket: 'nothing-here' })).toContain(`${begin}nothing-here/ (NoSuchBucket`);
    const wrong = await sentence({ credentials: { accessKeyId: 'test-key', secretAccessKey: 'hunter2' } });
    expect(wrong).toContain(`${begin}usable/ (SignatureDoesNotMatch`);
    expect(wrong).not.toContain('hunter2');
    expect(await sentence({ endpoint: 'http://127.0.0.1:1' })).toMatch(/ECONNREFUSED/);
  });

  it('is unavailable, and no more, while the server is away', async () => {
    const s3 = { ...(await server.bucket('away')), endpoint: 'http://127.0.0.1:1' };
    const storage = createS3Storage({ ...limits, s3 });
    const uri = storage.nativeUrl(path('a'));
    const calls = [
      () => storage.read(uri, 1),
      () => storage.exists(uri),
      () => storage.write(path('a'), Buffer.from('x')),
    ];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/can't be reached/),
      });
    }
  });
});
