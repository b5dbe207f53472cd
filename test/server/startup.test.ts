import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

const main = join(import.meta.dirname, '../../src/main.ts');

/** Runs the service in a folder of its own until it ends by itself. */
async function run(args: string[], environment: Record<string, string> = {}, yaml?: string) {
  const cwd = mkdtempSync(join(tmpdir(), 'runs-start-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  if (yaml !== undefined) writeFileSync(join(cwd, 'config.yaml'), yaml);
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...environment },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}

const sqlite = 'database: {sqlite: {file: runs.db}}\n';

describe('a start that fails is one sentence on standard error and exit code 1', () => {
  test.each<[string, string[], Record<string, string>, string | undefined, RegExp]>([
    ['a missing file', ['--config', 'none.yaml'], {}, undefined, /config file none\.yaml does not exist/],
    ['an unknown key', [], {}, `${sqlite}runs: {server: {prot: 1}}`, /did you mean runs\.server\.port\?/],
    [
      'a wrong type',
      [],
      { RUNS_SERVER_PORT: 'abc' },
      sqlite,
      /runs\.server\.port \(RUNS_SERVER_PORT\) must be/,
    ],
    [
      'two databases',
      [],
      { DATABASE_POSTGRES_HOST: 'x' },
      sqlite,
      /database\.sqlite\.file and database\.postgres/,
    ],
    [
      'commands for whoever reaches the port',
      [],
      { RUNS_SERVER_HOST: '0.0.0.0' },
      sqlite,
      /runs\.server\.host: 0\.0\.0\.0 lets other machines .*executor\.process\.allowRemote: true/,
    ],
    [
      'a Python that is none',
      [],
      { EXECUTOR_PROCESS_PYTHON: '/no/venv' },
      sqlite,
      /executor\.process\.python: \/no\/venv/,
    ],
    ['a folder that is no folder', [], { DATABASE_SQLITE_FILE: '/dev/null/runs.db' }, sqlite, /\/dev\/null/],
    [
      'a certificate that is missing',
      [],
      { RUNS_SERVER_TLS_CERT_FILE: 'c.pem', RUNS_SERVER_TLS_KEY_FILE: 'k.pem' },
      sqlite,
      /runs\.server\.tls\.certFile: the file c\.pem does not exist/,
    ],
  ])('%s', async (_, args, environment, yaml, sentence) => {
    const { code, stderr } = await run(args, environment, yaml);
    expect(stderr).toMatch(sentence);
    expect(stderr).toMatch(/^runs-service: .*\n$/);
    expect(code).toBe(1);
  });

  test('a port in use', async () => {
    const other = net.createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      other.close();
    });
    const port = String((other.address() as AddressInfo).port);
    const { code, stderr } = await run([], { RUNS_SERVER_HOST: '127.0.0.1', RUNS_SERVER_PORT: port }, sqlite);
    expect(stderr).toMatch(
      new RegExp(`^runs-service: port ${port} on 127\\.0\\.0\\.1 is already in use; .*\n$`),
    );
    expect(code).toBe(1);
  });
});

test('--version and --help answer without a configuration', async () => {
  expect(await run(['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
  expect(await run(['--help'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('RUNS_SERVER_PORT'),
  });
});
