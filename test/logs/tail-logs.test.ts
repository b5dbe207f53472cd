import { appendFile, mkdir, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attemptLogFile } from '../../src/executor/places.ts';
import { LogContextSchema } from '../../src/gen/flyteidl2/core/execution_pb.js';
import {
  type TailLogsResponse,
  TailLogsRequestSchema,
} from '../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { LogLineOriginator } from '../../src/gen/flyteidl2/logs/dataplane/payload_pb.js';
import { TailLogsRequestSchema as OlderRequestSchema } from '../../src/gen/flyteidl2/workflow/run_logs_service_pb.js';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { updateStatus } from '../../src/repository/write/commands/update-status.ts';
import { tailLogs } from '../../src/rpc/dataproxy/tail-logs.ts';
import { tailRunLogs } from '../../src/rpc/run-logs/tail-logs.ts';
import type { Phase } from '../../src/runs/phase.ts';
import { event, named, newRun, status } from '../repository/fixtures.ts';
import { dialects, type TestDatabase } from '../support/databases.ts';
import { openReplica, read, type Replica } from '../watch/harness.ts';

const pod = { namespace: 'p-d', podName: 'the-pod', primaryContainerName: 'task' };
const log_context = toBinary(
  LogContextSchema,
  create(LogContextSchema, { primaryPodName: 'the-pod', pods: [pod] }),
);

describe.each(dialects)('TailLogs on $name', ({ create: createDatabase }) => {
  let database: TestDatabase;
  let replica: Replica;
  let workDir = '';

  beforeAll(async () => {
    database = await createDatabase();
    replica = await openReplica(database);
    workDir = await mkdtemp(join(tmpdir(), 'runs-logs-'));
  });

  afterAll(async () => {
    await replica.close();
    await database.drop();
    await rm(workDir, { recursive: true });
  });

  /** A run whose root action is told what an executor says of it; `log` is the file of its attempt. */
  async function runOf(name: string, retries = 0) {
    await replica.writer.submit(createRun(newRun(name, { retries })));
    const { key, stored } = named(name);
    const { created_at: createdAt } = await replica.dialect.reader
      .selectFrom('runs')
      .select('created_at')
      .where('name', '=', name)
      .executeTakeFirstOrThrow();
    let time = 1;
    const becomes = (phase: Phase, attempt = 1) => {
      const fields = phase === 'RUNNING' ? { log_context } : {};
      return replica.writer.submit(
        updateStatus(status(name, 'a0', event(phase, time++, { attempt, fields }))),
      );
    };
    const log = async (attempt: number, text: string) => {
      const file = attemptLogFile(workDir, { stored, createdAt, action: 'a0', attempt });
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      return file;
    };
    return { actionId: { run: key.run, name: 'a0' }, becomes, log };
  }

  const tail = (
    request: MessageInitShape<typeof TailLogsRequestSchema>,
    deps: { workDir?: string | undefined; maxWaitMs?: number } = {},
  ) =>
    read((context) =>
      tailLogs({ ...replica, workDir, ...deps })(
        create(TailLogsRequestSchema, { attempt: 1, ...request }),
        context,
      ),
    );

  const text = (messages: readonly TailLogsResponse[]) =>
    messages.flatMap(({ logs }) => logs.flatMap(({ lines }) => lines.map(({ message }) => message))).join('');

  it('follows a log until its attempt has ended', async () => {
    const { actionId, becomes, log } = await runOf('followed');
    await becomes('RUNNING');
    const file = await log(1, 'one\n');
    const reader = tail({ actionId });
    await reader.until((messages) => text(messages) === 'one\n');
    await appendFile(file, 'two\n');
    await reader.until((messages) => text(messages) === 'one\ntwo\n');
    await appendFile(file, 'three');
    await becomes('SUCCEEDED');
    await reader.ended;
    expect(text(reader.messages)).toBe('one\ntwo\nthree\n');
    const [first] = reader.messages[0]?.logs ?? [];
    expect(first?.container).toMatchObject({ kubernetesPodName: 'the-pod', kubernetesNamespace: 'p-d' });
    expect(first?.lines[0]?.originator).toBe(LogLineOriginator.USER);
    expect(Number(first?.lines[0]?.timestamp?.seconds)).toBeGreaterThan(1_700_000_000);
  });

  it('answers older clients in the same way', async () => {
    const { actionId, becomes, log } = await runOf('older');
    await becomes('RUNNING');
    await log(1, 'one\n');
    await becomes('SUCCEEDED');
    const request = create(OlderRequestSchema, { attempt: 1, actionId });
    const reader = read((context) => tailRunLogs({ ...replica, workDir })(request, context));
    await reader.ended;
    expect(reader.messages[0]?.logs[0]?.lines[0]?.message).toBe('one\n');
  });

  it('ends with an attempt that is followed by another, and reads both', async () => {
    const { actionId, becomes, log } = await runOf('retried', 1);
    await becomes('RUNNING');
    await log(1, 'first\n');
    const reader = tail({ actionId });
    await reader.until((messages) => text(messages) === 'first\n');
    await becomes('RUNNING', 2);
    await reader.ended;
    await log(2, 'second\n');
    await becomes('SUCCEEDED', 2);
    const second = tail({ actionId, attempt: 2 });
    await second.ended;
    expect([text(reader.messages), text(second.messages)]).toEqual(['first\n', 'second\n']);
  });

  it('waits for a log that is not there yet', async () => {
    const { actionId, becomes, log } = await runOf('awaited');
    await log(1, 'one\n');
    const reader = tail({ actionId }, { maxWaitMs: 60_000 });
    await becomes('INITIALIZING');
    await becomes('RUNNING');
    await reader.until((messages) => text(messages) === 'one\n');
    await reader.stop();
    const other = await runOf('in vain');
    const vain = tail({ actionId: other.actionId }, { maxWaitMs: 60_000 });
    await other.becomes('ABORTED');
    await expect(vain.ended).rejects.toMatchObject({
      message: expect.stringContaining('ended without a log'),
    });
  });

  it('says what there is no log of', async () => {
    const { actionId, becomes } = await runOf('silent');
    const refused = (request: object, deps?: { workDir: string | undefined }) =>
      expect(tail(request, { maxWaitMs: 1, ...deps }).ended).rejects;
    await refused({ actionId }).toMatchObject({
      code: 'not_found',
      message: 'attempt 1 of action "p/d/silent/a0" has no log yet',
    });
    await refused({ actionId: { ...actionId, name: 'a1' } }).toMatchObject({ code: 'not_found' });
    await refused({ actionId }, { workDir: undefined }).toMatchObject({ code: 'unimplemented' });
    await becomes('RUNNING');
    await refused({ actionId }).toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('is not on this machine'),
    });
    await refused({ actionId, podSelector: { case: 'podName', value: 'other' } }).toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('"the-pod"'),
    });
    await becomes('FAILED');
    await refused({ actionId, attempt: 2 }).toMatchObject({
      message: 'attempt 2 of action "p/d/silent/a0" ended without a log',
    });
  });

  it('says that a log was removed while it was followed', async () => {
    const { actionId, becomes, log } = await runOf('removed');
    await becomes('RUNNING');
    const file = await log(1, 'one\n');
    const reader = tail({ actionId });
    await reader.until((messages) => text(messages) === 'one\n');
    await unlink(file);
    await expect(reader.ended).rejects.toMatchObject({
      code: 'not_found',
      message: 'the log of attempt 1 of action "p/d/removed/a0" was removed',
    });
  });

  it('lets go of everything when the caller hangs up', async () => {
    const { actionId, becomes, log } = await runOf('left');
    await becomes('RUNNING');
    await log(1, 'one\n');
    const reader = tail({ actionId });
    await reader.until((messages) => messages.length === 1);
    await reader.stop();
    await expect(reader.ended).rejects.toThrow('hung up');
  });
});
