import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { deleteSecret } from '../../src/repository/secrets.ts';
import { keyFile } from '../../src/secrets/key-source.ts';
import { openSecrets } from '../../src/secrets/open.ts';
import { type NewSecret, SecretStore } from '../../src/secrets/store.ts';
import { dialects, type TestDatabase } from '../support/databases.ts';

const now = '2026-11-21T00:00:00.000000Z';
const scope = { org_key: '', project: 'p', domain: 'd' };
const secret = (name: string, value: string, more: Partial<NewSecret> = {}): NewSecret => ({
  ...scope,
  org: 'o',
  name,
  type: 0,
  value: Buffer.from(value),
  created_at: now,
  updated_at: now,
  ...more,
});
const newKey = () => randomBytes(32).toString('base64');

describe.each(dialects)('SecretStore on $name', ({ create }) => {
  let database: TestDatabase;
  let dialect: Dialect;
  let folder: string;
  let store: SecretStore;

  beforeAll(async () => {
    database = await create();
    dialect = await openDatabase(database.config, 'shared');
  });
  afterAll(async () => {
    await dialect?.close();
    await database?.drop();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'secrets-'));
    store = new SecretStore(dialect, keyFile(join(folder, 'deep/secrets.key')));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await dialect.writer.deleteFrom('secrets').execute();
    await dialect.writer.deleteFrom('service_state').where('name', '=', 'secrets-key-check').execute();
  });

  const open = (config: { key?: string; keyFile?: string }) =>
    openSecrets({ key: config.key, keyFile: config.keyFile ?? join(folder, 'deep/secrets.key') }, dialect);
  const texts = async (names: string[], where = scope, from: SecretStore = store) =>
    Object.fromEntries(
      [...(await from.resolveSecrets(where, names))].map(([name, value]) => [name, value.toString()]),
    );

  it('resolves the most specific one of each name', async () => {
    const domain = { project: '' };
    const organization = { project: '', domain: '' };
    await store.create(secret('a', 'organization a', organization));
    await store.create(secret('a', 'domain a', domain));
    await store.create(secret('a', 'project a'));
    await store.create(secret('b', 'organization b', organization));
    await store.create(secret('b', 'domain b', domain));
    await store.create(secret('c', 'organization c', organization));
    await store.create(secret('d', 'of another project', { project: 'other' }));
    await store.create(secret('d', 'of another domain', { domain: 'other' }));
    await store.create(secret('d', 'of another organization', { org_key: 'other' }));
    expect(await texts(['a', 'b', 'c', 'd', 'e', 'a'])).toEqual({
      a: 'project a',
      b: 'domain b',
      c: 'organization c',
    });
    expect(await texts(['a', 'd'], { ...scope, project: 'other' })).toEqual({
      a: 'domain a',
      d: 'of another project',
    });
    expect(await texts([])).toEqual({});
  });

  it('keeps any bytes, and their newest version', async () => {
    const bytes = Buffer.from([0, 255, 10, 0]);
    expect(await store.create(secret('x', '', { value: bytes }))).toBe(true);
    expect(await store.create(secret('x', 'other'))).toBe(false);
    expect((await store.resolveSecrets(scope, ['x'])).get('x')).toEqual(bytes);
    expect(await store.update(secret('x', 'new'))).toBe(true);
    expect(await store.update(secret('y', 'new'))).toBe(false);
    expect(await texts(['x', 'y'])).toEqual({ x: 'new' });
  });

  it('makes the key file with the first secret, for its owner only', async () => {
    const file = join(folder, 'deep/secrets.key');
    await open({});
    expect(existsSync(file)).toBe(false);
    await store.create(secret('x', 'x'));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const key = readFileSync(file, 'utf8');
    expect(Buffer.from(key, 'base64')).toHaveLength(32);
    await store.create(secret('y', 'y'));
    expect(readFileSync(file, 'utf8')).toBe(key);
    expect(await texts(['x', 'y'], scope, await open({ key: key.trim() }))).toEqual({ x: 'x', y: 'y' });
  });

  it('refuses to start with another key, or none, while there are secrets', async () => {
    await store.create(secret('x', 'x'));
    const key = newKey();
    const refused = open({ key });
    await expect(refused).rejects.toThrow(
      /^secrets\.key is not the key that the secrets .* were encrypted with/,
    );
    await expect(refused).rejects.not.toThrow(key);
    await expect(open({ keyFile: join(folder, 'none') })).rejects.toThrow(
      /none does not exist, but the secrets/,
    );
    writeFileSync(join(folder, 'bad'), 'hunter2');
    const bad = open({ keyFile: join(folder, 'bad') });
    await expect(bad).rejects.toThrow(/bad does not hold 32 bytes as base64/);
    await expect(bad).rejects.not.toThrow(/hunter2/);
    await dialect.writer.transaction().execute((db) => deleteSecret(db, { ...scope, name: 'x' }));
    await (await open({ key })).create(secret('y', 'y'));
    await expect(open({})).rejects.toThrow(/is not the key/);
  });

  it('never mixes keys, whoever comes first', async () => {
    const stores = await Promise.all(Array.from({ length: 6 }, () => open({ key: newKey() })));
    const created = await Promise.allSettled(stores.map((one, i) => one.create(secret(`n${i}`, `${i}`))));
    const winners = stores.filter((_, i) => created[i]?.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    for (const one of created) {
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'failed_precondition' });
    }
    const names = stores.map((_, i) => `n${i}`);
    expect(Object.keys(await texts(names, scope, winners[0]))).toHaveLength(1);
  });

  it('makes one key file, however many begin at once', async () => {
    const source = () => keyFile(join(folder, 'new/key'));
    const keys = Array.from({ length: 3 }, () => source().readOrMake().toString('hex'));
    expect(new Set(keys).size).toBe(1);
  });

  it('decrypts no row that was swapped, changed or written by somebody else', async () => {
    await store.create(secret('x', 'mine'));
    await store.create(secret('y', 'other'));
    const rows = await dialect.reader.selectFrom('secrets').selectAll().execute();
    const put = (name: string, value: Uint8Array) =>
      dialect.writer.updateTable('secrets').set({ value }).where('name', '=', name).execute();
    const [x, y] = ['x', 'y'].map((name) => Buffer.from(rows.find((row) => row.name === name)?.value ?? []));
    if (!x || !y) throw new Error('there are no rows');
    const changed = Buffer.from(x);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    for (const value of [y, changed, x.subarray(0, x.length - 1), Buffer.from('mine'), Buffer.alloc(0)]) {
      await put('x', value);
      await expect(store.resolveSecrets(scope, ['x'])).rejects.toMatchObject({
        code: 'data_loss',
        message: 'secret "p/d/x" can\'t be decrypted; store it again',
      });
    }
    await put('x', x);
    expect(await texts(['x'])).toEqual({ x: 'mine' });
    await dialect.writer.updateTable('secrets').set({ project: 'q' }).where('name', '=', 'x').execute();
    await expect(store.resolveSecrets({ ...scope, project: 'q' }, ['x'])).rejects.toMatchObject({
      code: 'data_loss',
    });
  });

  it('encrypts the same value differently each time', async () => {
    await store.create(secret('x', 'same'));
    const value = async () =>
      Buffer.from(
        (await dialect.reader.selectFrom('secrets').select('value').executeTakeFirstOrThrow()).value,
      );
    const before = await value();
    await store.update(secret('x', 'same'));
    expect((await value()).equals(before)).toBe(false);
  });

  it('says so, and makes no other key, when the key has gone', async () => {
    await store.create(secret('x', 'x'));
    const file = join(folder, 'deep/secrets.key');
    rmSync(file);
    await expect(store.resolveSecrets(scope, ['x'])).rejects.toMatchObject({ code: 'failed_precondition' });
    await expect(store.create(secret('y', 'y'))).rejects.toMatchObject({ code: 'failed_precondition' });
    expect(existsSync(file)).toBe(false);
  });

  it('says so where no key can be kept', async () => {
    writeFileSync(join(folder, 'file'), '');
    const nowhere = new SecretStore(dialect, keyFile(join(folder, 'file/key')));
    await expect(nowhere.create(secret('x', 'hunter2'))).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.not.stringContaining(folder),
    });
  });
});
