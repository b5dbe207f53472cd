import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HandlerContext } from '@connectrpc/connect';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PeerConfig } from '../../src/config.ts';
import { ActionsService } from '../../src/gen/flyteidl2/actions/actions_service_pb.js';
import { createHandOver } from '../../src/remote/hand-over.ts';
import { openPeer } from '../../src/remote/peer.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { newRun } from '../repository/fixtures.ts';
import { startServer } from '../server/harness.ts';
import { dialects } from '../support/databases.ts';
import { useRemote } from './harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'runs-peer-'));
const file = (name: string) => join(folder, name);

beforeAll(() => {
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  for (const name of ['own', 'other']) {
    const out = ['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...out, '-days', '2', ...names],
      {
        stdio: 'pipe',
      },
    );
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

/** An ActionsService behind TLS; tells of each call how it came. */
async function startPeer() {
  const heard: string[] = [];
  const hear =
    (method: string) =>
    (_: unknown, { protocolName, requestHeader }: HandlerContext) => {
      heard.push(`${method} ${requestHeader.get('x-actions-run')} ${protocolName}`);
      return {};
    };
  const { url } = await startServer({
    server: { tls: { certFile: file('own.pem'), keyFile: file('own.key') } },
    routes: (router) =>
      router.service(ActionsService, {
        enqueue: hear('enqueue'),
        abort: hear('abort'),
        signal: hear('signal'),
      }),
  });
  return { url, heard };
}

it('a file of certificates that is not there is one sentence', () => {
  const peer = { url: 'https://x', protocol: 'grpc' as const, deadlineMs: 1, warnAfterMs: 1 };
  expect(() => openPeer({ ...peer, caFile: file('nothing.pem') }, 'executor.remote')).toThrow(
    /^executor\.remote\.caFile: .*nothing\.pem can't be read \(ENOENT/,
  );
});

describe.each(dialects)('handing over through TLS, on $name', ({ create }) => {
  const open = useRemote(create);

  async function deliver(peer: Pick<PeerConfig, 'protocol' | 'caFile'>, run: string) {
    const remote = await open();
    const { url, heard } = await startPeer();
    const { dialect } = remote.repository;
    const { writer, storage } = remote;
    await writer.submit(createRun({ ...newRun(run), execute: true }));
    const courier = remote.courier({
      warnAfterMs: -1,
      teller: createHandOver({
        reader: dialect.reader,
        storage,
        transport: openPeer({ ...peer, url, deadlineMs: 5000, warnAfterMs: 0 }, 'executor.remote'),
        url,
        writer,
        logger: pino({ level: 'silent' }),
        metrics: remote.metrics.outbox,
      }),
    });
    return { ...remote, courier, heard };
  }

  it.each([
    ['connect', 'connect'],
    ['grpc', 'grpc'],
  ] as const)('by %s reaches a service whose certificate caFile holds', async (protocol, spoken) => {
    const { heard, waiting } = await deliver({ protocol, caFile: file('own.pem') }, `reaches-${protocol}`);
    await vi.waitFor(async () => expect(await waiting()).toBe(0), 10_000);
    expect(heard).toEqual([`enqueue reaches-${protocol} ${spoken}`]);
  });

  it.each([
    ['connect', undefined],
    ['connect', 'other.pem'],
    ['grpc', undefined],
    ['grpc', 'other.pem'],
  ] as const)('by %s, trusting %s, tells nobody else, and says why it waits', async (protocol, caFile) => {
    const { heard, courier, waiting } = await deliver(
      { protocol, caFile: caFile && file(caFile) },
      `trusts-${protocol}-${caFile ?? 'nothing'}`,
    );
    const problem = () => courier.readiness.check().then(() => '', String);
    await vi.waitFor(
      async () =>
        expect(await problem()).toMatch(
          /^Error: 1 messages wait for https:.*Unavailable: .*self-signed certificate/,
        ),
      10_000,
    );
    expect([heard, await waiting()]).toEqual([[], 1]);
  });
});
