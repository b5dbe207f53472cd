import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import type { S3Config } from '../../src/config/storage.ts';
import { openS3Client } from '../../src/storage/s3-client.ts';
import { freePort } from './postgres-server.ts';
import { s3Binary } from './s3-binary.ts';

const START_TIMEOUT_MS = 60_000;
const LOG_CHARACTERS = 4096;

/** A private S3-compatible server on 127.0.0.1. */
export interface S3Server {
  endpoint: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** The configuration of a bucket of it, which is made. */
  bucket(name: string, prefix?: string): Promise<S3Config>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/**
 * Starts versitygw on a temporary folder; resolves when it answers. It ends with this process, however that ends. Rejects with
 * one sentence and the end of its log.
 */
export async function startS3Server(): Promise<S3Server> {
  const binary = await s3Binary();
  const folder = await mkdtemp(join(tmpdir(), 'runs-s3-'));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const credentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret-key' };
  for (const name of ['files', 'meta']) mkdirSync(join(folder, name));
  let log = '';
  const child = spawnGuarded(binary, port, folder, credentials);
  const remember = (chunk: Buffer): void => {
    log = (log + chunk.toString()).slice(-LOG_CHARACTERS);
  };
  child.stdout?.on('data', remember);
  child.stderr?.on('data', remember);
  const stop = async () => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilAnswering(child, endpoint);
  } catch (cause) {
    await stop();
    throw new Error(`The S3 server did not start:\n${log}`, { cause });
  }
  const config = (bucket: string, prefix = ''): S3Config => ({
    bucket,
    prefix,
    endpoint,
    region: 'us-east-1',
    credentials,
    forcePathStyle: true,
  });
  return {
    endpoint,
    credentials,
    async bucket(name, prefix) {
      const client = openS3Client(config(name));
      await client.send(new CreateBucketCommand({ Bucket: name }));
      client.destroy();
      return config(name, prefix);
    },
    stop,
  };
}

/** The standard input of the shell closes when we are gone, be it by SIGKILL; then it ends the server. */
function spawnGuarded(
  binary: string,
  port: number,
  folder: string,
  { accessKeyId, secretAccessKey }: S3Server['credentials'],
): ChildProcess {
  const script = `exec 3<&0
    "$@" 3<&- </dev/null & pid=$!
    (cat <&3 >/dev/null; kill "$pid" 2>/dev/null) >/dev/null 2>&1 &
    exec 3<&- </dev/null
    wait "$pid"`;
  const address = ['--port', `127.0.0.1:${port}`];
  const files = ['posix', '--sidecar', join(folder, 'meta'), join(folder, 'files')];
  return spawn('/bin/sh', ['-c', script, 'guard', binary, ...address, '--quiet', '--keep-alive', ...files], {
    env: { ...process.env, ROOT_ACCESS_KEY_ID: accessKeyId, ROOT_SECRET_ACCESS_KEY: secretAccessKey },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
}

async function untilAnswering(child: ChildProcess, endpoint: string): Promise<void> {
  const deadline = AbortSignal.timeout(START_TIMEOUT_MS);
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended');
    const answered = await fetch(endpoint, { signal: deadline }).then(
      async (response) => {
        await response.arrayBuffer();
        return true;
      },
      () => false,
    );
    if (answered) return;
    deadline.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.stdin?.end();
    await ended;
  }
  child.stdin?.destroy();
  child.stdout?.destroy();
  child.stderr?.destroy();
}
