import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { describe, expect, test } from 'vitest';
import { ViolationsSchema } from '../../src/gen/buf/validate/validate_pb.js';
import {
  InternalRunService,
  type UpdateActionStatusStreamRequestSchema,
} from '../../src/gen/flyteidl2/workflow/internal_run_service_pb.js';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { notFound } from '../../src/runs/errors.ts';
import { duplexTransports, startServer, transports } from './harness.ts';
import { h1 } from './raw.ts';

type Request = MessageInitShape<typeof UpdateActionStatusStreamRequestSchema>;

/** More than the size from which answers are compressed. */
const long = 'x'.repeat(20_000);

const start = () =>
  startServer({
    routes: (router) => {
      router.service(RunService, {
        listRuns: ({ scopeBy }) => ({ token: `${String(scopeBy.value)} ${long}` }),
        getRunDetails: () => {
          throw notFound('there is no such run');
        },
        getActionDetails: () => {
          throw new Error('secret detail');
        },
        async *watchRuns() {
          for (let i = 0; i < 3; i++) yield { runs: [{}] };
        },
        async *watchActions() {
          yield {};
          throw notFound('gone in the middle');
        },
      });
      router.service(InternalRunService, {
        async *updateActionStatusStream(requests) {
          for await (const { nonce, request } of requests) {
            yield { nonce, response: { status: { message: request?.actionId?.run?.org ?? 'none' } } };
          }
        },
      });
    },
  });

const run = { org: 'acme', project: 'p', domain: 'd', name: 'n' };

describe.each(Object.entries(transports))('%s', (_, transport) => {
  test('unary calls and streams are answered', async () => {
    const { url } = await start();
    const client = createClient(RunService, transport(url));
    expect((await client.listRuns({ scopeBy: { case: 'org', value: 'acme' } })).token).toBe(`acme ${long}`);
    let count = 0;
    for await (const { runs } of client.watchRuns({ target: { case: 'org', value: 'acme' } }))
      count += runs.length;
    expect(count).toBe(3);
  });

  test('errors have a code and a sentence, also in the middle of a stream', async () => {
    const { url } = await start();
    const client = createClient(RunService, transport(url));
    await expect(client.getRunDetails({ runId: run })).rejects.toMatchObject({
      code: Code.NotFound,
      rawMessage: 'there is no such run',
    });
    const seen: unknown[] = [];
    const watch = async () => {
      for await (const message of client.watchActions({ runId: run })) seen.push(message);
    };
    await expect(watch()).rejects.toMatchObject({ code: Code.NotFound, rawMessage: 'gone in the middle' });
    expect(seen).toHaveLength(1);
  });

  test('what we did wrong is internal and tells nothing but the request id', async () => {
    const { url, logged } = await start();
    const client = createClient(RunService, transport(url));
    const call = client.getActionDetails(
      { actionId: { run, name: 'a0' } },
      { headers: { 'x-request-id': 'mine-1' } },
    );
    await expect(call).rejects.toMatchObject({
      code: Code.Internal,
      rawMessage: 'internal error; request id mine-1',
    });
    expect(await logged(({ level }) => level === 'error')).toMatchObject({
      rpc: 'flyteidl2.workflow.RunService/GetActionDetails',
      code: 'internal',
      requestId: 'mine-1',
      err: { message: 'secret detail', stack: expect.stringContaining('protocols.test.ts') },
    });
  });

  test('broken rules come with their violations, for unary calls and for streams', async () => {
    const { url } = await start();
    const client = createClient(RunService, transport(url));
    const unary = () => client.getRunDetails({ runId: { ...run, name: 'n'.repeat(31) } });
    const stream = async () => {
      for await (const _ of client.watchRuns({})) throw new Error('unexpected message');
    };
    for (const [start, rule] of [
      [unary, 'string.max_len'],
      [stream, 'required'],
    ] as const) {
      const error = ConnectError.from(
        await start().then(
          () => undefined,
          (e: unknown) => e,
        ),
      );
      expect(error.code).toBe(Code.InvalidArgument);
      const details = error.findDetails(ViolationsSchema);
      expect(details[0]?.violations[0]?.ruleId).toBe(rule);
    }
  });

  test('an RPC without a handler is unimplemented', async () => {
    const { url } = await start();
    const client = createClient(RunService, transport(url));
    await expect(client.abortRun({ runId: run })).rejects.toMatchObject({ code: Code.Unimplemented });
  });
});

describe.each(Object.entries(duplexTransports))('%s', (_, transport) => {
  test('a bidirectional stream answers each message as it comes, valid or not', async () => {
    const { url } = await start();
    const client = createClient(InternalRunService, transport(url));
    const answered = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    async function* requests(): AsyncGenerator<Request> {
      yield { nonce: 7n, request: { actionId: { run: { ...run, org: '' }, name: 'a0' } } };
      await answered[0]?.promise;
      yield { nonce: 8n, request: {} };
      await answered[1]?.promise;
    }
    const seen: string[] = [];
    for await (const { nonce, response } of client.updateActionStatusStream(requests())) {
      seen.push(`${nonce} ${response?.status?.message}`);
      answered[seen.length - 1]?.resolve();
    }
    expect(seen).toEqual(['7 default', '8 none']);
  });
});

test.each([
  ['gzip', gunzipSync],
  ['br', brotliDecompressSync],
])(
  'long answers are compressed with %s for clients that take it, short ones are not',
  async (encoding, unpack) => {
    const { url } = await start();
    const headers = { 'content-type': 'application/json', 'accept-encoding': encoding };
    const path = `${url}/flyteidl2.workflow.RunService/`;
    const answer = await h1(`${path}ListRuns`, { method: 'POST', headers }, ['{"org":"acme"}']);
    expect(answer.headers['content-encoding']).toBe(encoding);
    expect(JSON.parse(unpack(answer.body).toString())).toEqual({ token: `acme ${long}` });
    const short = await h1(`${path}GetRunDetails`, { method: 'POST', headers }, [
      JSON.stringify({ runId: run }),
    ]);
    expect(short.headers['content-encoding']).toBeUndefined();
  },
);
