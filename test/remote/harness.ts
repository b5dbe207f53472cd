import { createServer } from 'node:http';
import { fromBinary, type Message } from '@bufbuild/protobuf';
import type { GenMessage } from '@bufbuild/protobuf/codegenv2';
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import { connectNodeAdapter, createConnectTransport } from '@connectrpc/connect-node';
import { pino } from 'pino';
import { afterEach, expect } from 'vitest';
import {
  type AbortRequest,
  AbortRequestSchema,
  ActionsService,
  type EnqueueRequest,
  EnqueueRequestSchema,
  type SignalRequest,
  SignalRequestSchema,
} from '../../src/gen/flyteidl2/actions/actions_service_pb.js';
import { ErrorInfoSchema } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { Courier, type CourierOptions } from '../../src/remote/courier.ts';
import { createHandOver } from '../../src/remote/hand-over.ts';
import type { GroupCommit } from '../../src/repository/write/group-commit.ts';
import { validator } from '../../src/rpc/validator.ts';
import type { StoragePath } from '../../src/storage/paths.ts';
import { createMetrics, type Metrics } from '../../src/server/metrics.ts';
import { attemptRows, type Repository, useRepository } from '../repository/repository.ts';
import type { TestDatabase } from '../support/databases.ts';

type Request = EnqueueRequest | AbortRequest | SignalRequest;

/** What the fake heard. */
export interface Heard {
  readonly method: 'enqueue' | 'abort' | 'signal';
  /** `run/action`. */
  readonly who: string;
  readonly request: Request;
  readonly headers: Headers;
}

/** An ActionsService that remembers what it hears and answers as a test wants it to. */
export interface FakeActions {
  readonly url: string;
  readonly heard: Heard[];
  /** `method run/action` of each call that was answered with success. */
  readonly accepted: string[];
  /** How many calls of one run were under way at the same time, at most. */
  mostAtOnce: number;
  /** Throws what the call is to be answered with. */
  behave: (call: Heard, context: HandlerContext) => Promise<void> | void;
  /** Ends every connection at once, answered or not. */
  cut(): void;
  close(): Promise<void>;
}

/** Starts a fake on a free port of 127.0.0.1. */
export async function startFakeActions(): Promise<FakeActions> {
  const underWay = new Map<string, number>();
  const handle =
    <R extends Request>(method: Heard['method'], schema: GenMessage<R>) =>
    async (request: R, context: HandlerContext) => {
      expect(validator.validate(schema, request as Message as R).kind).toBe('valid');
      const id = 'action' in request ? request.action?.actionId : (request as AbortRequest).actionId;
      const run = id?.run?.name ?? '';
      const call: Heard = { method, who: `${run}/${id?.name}`, request, headers: context.requestHeader };
      fake.heard.push(call);
      const now = (underWay.get(run) ?? 0) + 1;
      underWay.set(run, now);
      fake.mostAtOnce = Math.max(fake.mostAtOnce, now);
      try {
        await fake.behave(call, context);
      } finally {
        underWay.set(run, now - 1);
      }
      fake.accepted.push(`${method} ${call.who}`);
      return {};
    };
  const server = createServer(
    connectNodeAdapter({
      routes: (router) =>
        router.service(ActionsService, {
          enqueue: handle('enqueue', EnqueueRequestSchema),
          abort: handle('abort', AbortRequestSchema),
          signal: handle('signal', SignalRequestSchema),
        }),
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const fake: FakeActions = {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    heard: [],
    accepted: [],
    mostAtOnce: 0,
    behave: () => {},
    cut: () => server.closeAllConnections(),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
}

/** A failure as services answer it. */
export const failure = (code: Code, message = 'no') => new ConnectError(message, code);

/** Files in memory. */
export class MemoryStorage {
  readonly files = new Map<string, Uint8Array>();
  resolve = (uri: string) => uri.slice('memory://'.length) as StoragePath;
  nativeUrl = (path: StoragePath) => `memory://${path}`;
  write = async (path: StoragePath, content: Uint8Array) => {
    this.files.set(this.nativeUrl(path), content);
    return this.nativeUrl(path);
  };
}

/** A database whose writer fills the outbox, a fake to deliver to, and couriers. */
export interface Remote {
  readonly repository: Repository;
  readonly writer: GroupCommit;
  readonly fake: FakeActions;
  readonly storage: MemoryStorage;
  readonly metrics: Metrics;
  /** A courier of its own, which has begun. */
  courier(options?: Partial<CourierOptions> & { deadlineMs?: number }): Courier;
  /** How many messages wait. */
  waiting(): Promise<number>;
  /** The error of the newest attempt of an action. */
  error(run: string, action: string): Promise<{ message: string; kind: number; code: string } | undefined>;
}

/** For each test a fake and couriers of its own, on a database that tests share. */
export function useRemote(createDatabase: () => Promise<TestDatabase>): () => Promise<Remote> {
  const repository = useRepository(createDatabase);
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    await repository.dialect.writer.deleteFrom('outbox').execute();
    await repository.dialect.writer.deleteFrom('outbox_runs').execute();
  });
  return async () => {
    const fake = await startFakeActions();
    const couriers: Courier[] = [];
    const writer = repository.newWriter({
      telling: { actions: true, runs: false },
      onCommitted: (flushed) => {
        for (const one of couriers) one.committed(flushed);
      },
    });
    ends.push(
      () => fake.close(),
      () => writer.close(),
    );
    const storage = new MemoryStorage();
    const metrics = createMetrics({ process: false });
    const logger = pino({ level: 'silent' });
    return {
      repository,
      writer,
      fake,
      storage,
      metrics,
      courier({ deadlineMs = 5000, ...options } = {}) {
        const { dialect } = repository;
        const transport = createConnectTransport({
          baseUrl: fake.url,
          httpVersion: '1.1',
          defaultTimeoutMs: deadlineMs,
        });
        const courier = new Courier({
          dialect,
          clock: () => repository.now,
          metrics: metrics.outbox,
          logger,
          leaseMs: 60_000,
          pollMs: 50,
          warnAfterMs: 60_000,
          random: () => 0.5,
          teller: createHandOver({
            reader: dialect.reader,
            storage,
            transport,
            url: fake.url,
            writer,
            logger,
            metrics: metrics.outbox,
          }),
          ...options,
        });
        couriers.push(courier);
        ends.push(() => courier.stop());
        courier.start();
        return courier;
      },
      waiting: async () =>
        (await repository.dialect.reader.selectFrom('outbox').select('id').execute()).length,
      async error(run, action) {
        const attempt = (await attemptRows(repository.dialect, run, action)).at(-1);
        return attempt?.error_info ? fromBinary(ErrorInfoSchema, attempt.error_info) : undefined;
      },
    };
  };
}

export { Code };
