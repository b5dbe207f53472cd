import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { eventually, startServer } from './harness.ts';
import { tcp } from './raw.ts';

const folder = mkdtempSync(join(tmpdir(), 'runs-tls-'));
const certFile = join(folder, 'cert.pem');
const keyFile = join(folder, 'key.pem');
const otherKeyFile = join(folder, 'other.pem');

beforeAll(() => {
  const key = (file: string) => ['-newkey', 'rsa:2048', '-nodes', '-keyout', file];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const make = (file: string, out: string) =>
    execFileSync('openssl', ['req', '-x509', ...key(file), '-out', out, '-days', '2', ...names], {
      stdio: 'pipe',
    });
  make(keyFile, certFile);
  make(otherKeyFile, join(folder, 'other-cert.pem'));
});

afterAll(() => rmSync(folder, { recursive: true }));

const start = (files = { certFile, keyFile }, headersTimeoutMs = 5000) =>
  startServer({
    server: { tls: files, headersTimeoutMs },
    routes: (router) =>
      router.service(RunService, { listRuns: (_, { url }) => ({ token: new URL(url).origin }) }),
  });
const scope = { case: 'org', value: 'a' } as const;

describe('TLS', () => {
  test.each<[string, (baseUrl: string, ca: Buffer) => Parameters<typeof createClient>[1]]>([
    [
      'Connect, HTTP/1.1',
      (baseUrl, ca) => createConnectTransport({ baseUrl, httpVersion: '1.1', nodeOptions: { ca } }),
    ],
    [
      'Connect, HTTP/2',
      (baseUrl, ca) => createConnectTransport({ baseUrl, httpVersion: '2', nodeOptions: { ca } }),
    ],
    ['gRPC', (baseUrl, ca) => createGrpcTransport({ baseUrl, nodeOptions: { ca } })],
  ])('%s', async (_, transport) => {
    const { url, server } = await start();
    expect(url).toMatch(/^https:/);
    const client = createClient(RunService, transport(url, readFileSync(certFile)));
    expect((await client.listRuns({ scopeBy: scope })).token).toBe(url);
    expect(await server.drain()).toBe(true);
  });

  test('ALPN chooses HTTP/2 when the client can, HTTP/1.1 otherwise', async () => {
    const { port } = await start();
    const negotiated = (ALPNProtocols: string[] | undefined) =>
      new Promise<string | false | null>((resolve, reject) => {
        const socket = tls.connect({
          port,
          host: '127.0.0.1',
          ca: readFileSync(certFile),
          ...(ALPNProtocols && { ALPNProtocols }),
        });
        socket.once('secureConnect', () => {
          resolve(socket.alpnProtocol);
          socket.destroy();
        });
        socket.once('error', reject);
      });
    expect(await negotiated(['h2', 'http/1.1'])).toBe('h2');
    expect(await negotiated(['http/1.1'])).toBe('http/1.1');
    expect(await negotiated(undefined)).toBe(false);
  });

  test('cleartext and silence are cut, and the service goes on', async () => {
    const { url, port } = await start(undefined, 100);
    const plain = await tcp(port);
    plain.socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await plain.closed;
    const silent = await tcp(port);
    await silent.closed;
    const agent = new https.Agent({ ca: readFileSync(certFile) });
    let status: number | undefined;
    https.get(`${url}/healthz`, { agent }, (response) => {
      status = response.statusCode;
      response.resume();
    });
    await eventually(() => status === 200);
    agent.destroy();
  });

  test('files that are missing, no PEM, or do not belong together are one sentence', async () => {
    const missing = join(folder, 'missing.pem');
    const text = join(folder, 'text.pem');
    writeFileSync(text, 'hello');
    await expect(start({ certFile: missing, keyFile })).rejects.toThrow(
      `runs.server.tls.certFile: the file ${missing} does not exist`,
    );
    for (const wrong of [
      { certFile: text, keyFile },
      { certFile, keyFile: otherKeyFile },
    ]) {
      await expect(start(wrong)).rejects.toThrow(
        /^runs\.server\.tls: .* are no certificate with its private key/,
      );
    }
  });
});
