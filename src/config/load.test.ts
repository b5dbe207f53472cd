import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig, parseConfig, redactedConfig, StartupError } from '../config.ts';

const sqlite = { database: { sqlite: { file: './runs.db' } } };
const parse = (raw: unknown, environment: Record<string, string> = {}) =>
  parseConfig(raw, environment, 'config.yaml');

function sentence(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(StartupError);
    const { message } = error as StartupError;
    expect(message).not.toContain('\n');
    return message;
  }
  throw new Error('nothing was thrown');
}

function inFile(content: string, name = 'config.yaml'): string {
  const folder = mkdtempSync(join(tmpdir(), 'runs-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

describe('the files of the repository', () => {
  test('config.yaml chooses SQLite', () => {
    const { config, warnings } = loadConfig('config.yaml', {});
    expect(config.database).toMatchObject({ kind: 'sqlite', file: './runs.db' });
    expect(config.runs).toMatchObject({
      watchBufferSize: 100,
      organizations: 'shared',
      projects: { autoCreate: true },
      server: { host: '127.0.0.1', port: 8090, keepAliveTimeoutMs: 95_000, readMaxBytes: 16 * 2 ** 20 },
    });
    expect(config.logger).toEqual({ level: 'info', showSource: true, format: 'auto' });
    expect(warnings).toEqual([]);
  });

  test('config-postgres.yaml chooses PostgreSQL', () => {
    const { config } = loadConfig('config-postgres.yaml', {});
    expect(config.database).toMatchObject({
      kind: 'postgres',
      port: 5433,
      password: 'postgres',
      extraOptions: 'sslmode=disable',
      maxOpenConnections: 100,
      connMaxLifeTimeMs: 3_600_000,
    });
    expect(config.runs.projects.autoCreate).toBe(false);
  });
});

describe('environment variables', () => {
  test('override every kind of key', () => {
    const config = parse(sqlite, {
      RUNS_SERVER_PORT: '9000',
      RUNS_WATCH_BUFFER_SIZE: '7',
      RUNS_DOMAINS: 'dev, prod',
      RUNS_PROJECTS_AUTO_CREATE: 'false',
      RUNS_SERVER_SHUTDOWN_GRACE: '1m30s',
      DATABASE_SQLITE_FILE: 'other.db',
      LOGGER_LEVEL: '5',
      LOGGER_SHOW_SOURCE: 'true',
    });
    expect(config.runs).toMatchObject({
      watchBufferSize: 7,
      domains: ['dev', 'prod'],
      projects: { autoCreate: false },
    });
    expect(config.runs.server).toMatchObject({ port: 9000, shutdownGraceMs: 90_000 });
    expect(config.database).toMatchObject({ kind: 'sqlite', file: 'other.db' });
    expect(config.logger).toMatchObject({ level: 'debug', showSource: true });
  });

  test('keep text that looks like a number', () => {
    const config = parse({}, { DATABASE_POSTGRES_PASSWORD: '0123' });
    expect(config.database).toMatchObject({ kind: 'postgres', password: '0123' });
  });

  test('that are empty take a key or a group away, which switches the database', () => {
    expect(parse(sqlite, { DATABASE_SQLITE_FILE: '', DATABASE_POSTGRES_HOST: 'db' }).database.kind).toBe(
      'postgres',
    );
    const postgres = { database: { postgres: { host: 'db' } } };
    expect(parse(postgres, { DATABASE_POSTGRES: '', DATABASE_SQLITE_FILE: 'x.db' }).database.kind).toBe(
      'sqlite',
    );
    expect(
      parse({ ...sqlite, runs: { watchBufferSize: 5 } }, { RUNS_WATCH_BUFFER_SIZE: '' }).runs.watchBufferSize,
    ).toBe(100);
  });

  test('that are wrong are named', () => {
    expect(sentence(() => parse(sqlite, { RUNS_SERVER_PORT: 'tcp://10.0.0.1:80' }))).toBe(
      'environment: runs.server.port (RUNS_SERVER_PORT) must be a whole number from 0 to 65535, not "tcp://10.0.0.1:80"',
    );
  });

  test('that look misspelt are warned about', () => {
    const file = inFile('database: {sqlite: {file: a.db}}');
    const { warnings } = loadConfig(file, { RUNS_SERVER_PROT: '1', DATABASE_URL: 'x', PATH: 'y' });
    expect(warnings).toEqual([
      'the environment variable RUNS_SERVER_PROT is not used; did you mean RUNS_SERVER_PORT?',
    ]);
  });
});

describe('one sentence', () => {
  test.each<[string, unknown, string]>([
    [
      'both databases',
      { database: { sqlite: { file: 'a' }, postgres: { host: 'b' } } },
      'database.sqlite.file and database.postgres are both set',
    ],
    ['no database', {}, 'config.yaml: no database is chosen; set database.sqlite.file or database.postgres'],
    ['an empty database group', { database: { postgres: null } }, 'no database is chosen'],
    [
      'a misspelt key',
      { ...sqlite, runs: { server: { prot: 1 } } },
      'config.yaml: unknown key runs.server.prot; did you mean runs.server.port?',
    ],
    ['a misplaced key', { ...sqlite, port: 1, server: { port: 1 } }, 'unknown key port'],
    ['a key without a likeness', { ...sqlite, bananas: 1 }, 'config.yaml: unknown key bananas'],
    [
      'a wrong type',
      { ...sqlite, runs: { server: { port: 'x' } } },
      'config.yaml: runs.server.port must be a whole number from 0 to 65535, not "x"',
    ],
    ['a group that is a number', { ...sqlite, runs: 5 }, 'config.yaml: runs must be a group of keys'],
    [
      'a password without quotes',
      { database: { postgres: { password: 1234 } } },
      'database.postgres.password must be text: put its value in quotes',
    ],
    [
      'a duration without a unit',
      { ...sqlite, runs: { server: { shutdownGrace: 30 } } },
      'runs.server.shutdownGrace needs a unit: write 30s or 30ms',
    ],
    [
      'a duration in words',
      { ...sqlite, storage: { urlExpiry: 'soon' } },
      'storage.urlExpiry must be a duration such as 250ms, 90s or 1h, not "soon"',
    ],
    [
      'a size',
      { ...sqlite, storage: { maxUploadBytes: '1 apple' } },
      'storage.maxUploadBytes must be a size such as 16MiB',
    ],
    ['a list', { ...sqlite, runs: { domains: 'dev' } }, 'runs.domains must be a list'],
    [
      'an item of a list',
      { ...sqlite, runs: { server: { cors: { allowedOrigins: ['a.example'] } } } },
      'runs.server.cors.allowedOrigins must be a list of origins',
    ],
    [
      'an organization',
      { ...sqlite, runs: { defaultOrganization: 'No Org' } },
      'runs.defaultOrganization must be 1 to 63 lower-case letters',
    ],
    [
      'a choice',
      { ...sqlite, runs: { organizations: 'none' } },
      'runs.organizations must be shared or separate, not "none"',
    ],
    [
      'a level',
      { ...sqlite, logger: { level: 7 } },
      'logger.level must be a number from 0 (panic) to 6 (trace)',
    ],
    [
      'a flag',
      { ...sqlite, logger: { 'show-source': 'yes' } },
      'logger.show-source must be true or false, not "yes"',
    ],
    [
      'half of TLS',
      { ...sqlite, runs: { server: { tls: { certFile: 'c.pem' } } } },
      'runs.server.tls needs both certFile and keyFile; keyFile is missing',
    ],
    ['text instead of groups', 'hello', 'config.yaml must hold groups of keys'],
  ])('about %s', (_, raw, expected) => {
    expect(sentence(() => parse(raw))).toContain(expected);
  });

  test('about files', () => {
    expect(sentence(() => loadConfig('/nowhere/c.yaml', {}))).toBe(
      'config file /nowhere/c.yaml does not exist; name one with --config FILE',
    );
    expect(sentence(() => loadConfig(tmpdir(), {}))).toContain('is a folder');
    expect(sentence(() => loadConfig(inFile('runs:\n  server: [\n'), {}))).toContain(
      'is not valid YAML: line 3',
    );
    expect(sentence(() => loadConfig(inFile('runs: {}\nruns: {}\n'), {}))).toContain(
      'is not valid YAML: line 2',
    );
  });
});

describe('secrets', () => {
  test('come from a file, which wins, and lose one line end', () => {
    const passwordFile = inFile('s3cret \n', 'password');
    const config = parse({ database: { postgres: { password: 'other', passwordFile } } });
    expect(config.database).toMatchObject({ password: 's3cret ' });
    expect(sentence(() => parse({ database: { postgres: { passwordFile: '/nowhere' } } }))).toBe(
      'config.yaml: database.postgres.passwordFile: the file /nowhere does not exist',
    );
  });

  test('are redacted', () => {
    const config = parse({
      database: {
        postgres: { password: 'geheim', extraOptions: "sslmode=require sslpassword='top se' x=1" },
      },
    });
    const shown = JSON.stringify(redactedConfig(config));
    expect(shown).not.toMatch(/geheim|top se/);
    expect(shown).toContain('sslmode=require sslpassword=[redacted] x=1');
  });
});

test.each([
  [0, 'fatal'],
  [1, 'fatal'],
  [2, 'error'],
  [3, 'warn'],
  [4, 'info'],
  [5, 'debug'],
  [6, 'trace'],
  ['panic', 'fatal'],
  ['WARNING', 'warn'],
  ['Debug', 'debug'],
  ['silent', 'silent'],
])('level %s means %s', (written, level) => {
  expect(parse({ ...sqlite, logger: { level: written } }).logger.level).toBe(level);
});

test('tasks run here on SQLite, and then other machines are kept out unless the configuration says otherwise', () => {
  const of = (raw: object) => {
    const { executor, runs } = parseConfig({ database: { sqlite: { file: 'x.db' } }, ...raw }, {}, 'test');
    return [executor.kind, runs.server.host];
  };
  expect(of({})).toEqual(['process', '127.0.0.1']);
  expect(of({ executor: { kind: 'none' } })).toEqual(['none', '0.0.0.0']);
  expect(of({ executor: { process: { allowRemote: true } } })).toEqual(['process', '0.0.0.0']);
  expect(of({ runs: { server: { host: '0.0.0.0' } } })).toEqual(['process', '0.0.0.0']);
  const postgres = parseConfig({ database: { postgres: {} } }, {}, 'test');
  expect([postgres.executor.kind, postgres.runs.server.host]).toEqual(['none', '0.0.0.0']);
});
