import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WatchForUpdatesRequestSchema } from '../../src/gen/flyteidl2/actions/actions_service_pb.js';
import type { WatchForUpdatesResponse } from '../../src/gen/flyteidl2/actions/actions_service_pb.js';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import { RunSpecSchema } from '../../src/gen/flyteidl2/task/run_pb.js';
import { abortTree } from '../../src/repository/write/commands/abort.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { updateStatus } from '../../src/repository/write/commands/update-status.ts';
import { watchForUpdates } from '../../src/rpc/actions/watch-for-updates.ts';
import type { AttemptEvent } from '../../src/runs/records.ts';
import type { Storage } from '../../src/storage/storage.ts';
import {
  abortOf,
  errorInfo,
  event,
  named,
  newAction,
  newRun,
  outputs,
  status,
  trace,
} from '../repository/fixtures.ts';
import { dialects, type TestDatabase } from '../support/databases.ts';
import { openReplica, read, type Replica } from '../watch/harness.ts';

const storage = {
  nativeUrl: (path) => `/files/${path}`,
  resolve: (uri) =>
    uri.startsWith('/files/') ? (uri.slice(7) as ReturnType<Storage['resolve']>) : undefined,
} satisfies Pick<Storage, 'nativeUrl' | 'resolve'>;

describe.each(dialects)('WatchForUpdates on $name', ({ create: createDatabase }) => {
  let database: TestDatabase;
  let replica: Replica;

  beforeAll(async () => {
    database = await createDatabase();
    replica = await openReplica(database);
  });

  afterAll(async () => {
    await replica.close();
    await database.drop();
  });

  /** Watches the children of a run's root. */
  function watch(run: string, executesTasks = false) {
    const { key } = named(run);
    const filter = { case: 'parentActionId', value: { run: key.run, name: 'a0' } } as const;
    return read((context) =>
      watchForUpdates({ ...replica, storage, executesTasks })(
        create(WatchForUpdatesRequestSchema, { filter }),
        context,
      ),
    );
  }

  const child = (run: string, name: string, more: Parameters<typeof newAction>[2] = {}) =>
    replica.writer.submit(recordAction(newAction(run, name, { parent: 'a0', ...more })));

  const becomes = (run: string, name: string, of: AttemptEvent) =>
    replica.writer.submit(updateStatus(status(run, name, of)));

  /** The messages in short: name, phase and place of outputs; `|` is the sentinel. */
  const told = (messages: readonly WatchForUpdatesResponse[]) =>
    messages.map(({ message }) => {
      if (message.case !== 'actionUpdate') return '|';
      const { actionId, phase, outputUri } = message.value;
      return `${actionId?.name} ${ActionPhase[phase]} ${outputUri}`.trim();
    });

  it('tells of the children that there are, then a sentinel, then of each change', async () => {
    await replica.writer.submit(createRun(newRun('parent')));
    await child('parent', 'one');
    await child('parent', 'two', { spec: trace() });
    await child('parent', 'below', { parent: 'one' });
    await becomes('parent', 'one', event('RUNNING', 1));
    const reader = watch('parent');
    await reader.until((messages) => told(messages).includes('|'));
    expect(told(reader.messages)).toEqual(['one RUNNING', 'two QUEUED', '|']);
    await child('parent', 'three');
    await becomes(
      'parent',
      'one',
      event('SUCCEEDED', 2, { fields: { outputs: outputs('/o/one/1/outputs.pb') } }),
    );
    await becomes('parent', 'two', event('SUCCEEDED', 3, { fields: { outputs: outputs('/o/two.pb') } }));
    await becomes('parent', 'below', event('RUNNING', 4));
    await becomes('parent', 'three', event('FAILED', 5, { fields: { error_info: errorInfo('no luck') } }));
    await reader.until((messages) => told(messages).includes('three FAILED'));
    const rest = told(reader.messages).slice(3);
    expect(rest.filter((one) => one.startsWith('one'))).toEqual(['one SUCCEEDED /o/one/1']);
    expect(rest.filter((one) => one.startsWith('two'))).toEqual(['two SUCCEEDED /o/two.pb']);
    expect(rest.filter((one) => one.startsWith('below'))).toEqual([]);
    const last = reader.messages.at(-1)?.message;
    expect(last?.case === 'actionUpdate' && last.value.error?.message).toBe('no luck');
    await reader.stop();
  });

  it('gives the reason of an abort as the error of the child', async () => {
    await replica.writer.submit(createRun(newRun('left')));
    await child('left', 'one');
    const reader = watch('left');
    await reader.until((messages) => told(messages).includes('|'));
    await replica.writer.exclusive(abortTree(replica.dialect, abortOf('left', 'one')));
    await reader.until((messages) => told(messages).includes('one ABORTED'));
    const last = reader.messages.at(-1)?.message;
    expect(last?.case === 'actionUpdate' && last.value.error?.message).toBe('no longer needed');
    await reader.stop();
  });

  it('says where the outputs of tasks will be, where they are run here', async () => {
    const spec = create(RunSpecSchema, { runBaseDir: '/files/mine/' });
    await replica.writer.submit(createRun(newRun('usual')));
    await replica.writer.submit(createRun(newRun('chosen', { runSpec: spec })));
    for (const run of ['usual', 'chosen']) {
      await child(run, 'one');
      await child(run, 'two', { spec: trace() });
    }
    const readers = ['usual', 'chosen'].map((run) => watch(run, true));
    for (const reader of readers) await reader.until((messages) => told(messages).includes('|'));
    const [usual, chosen] = readers.map((reader) => told(reader.messages));
    expect(usual).toEqual([
      expect.stringMatching(/^one QUEUED \/files\/runs\/p\/d\/usual\/\d+T\d+\/one\/1$/),
      'two QUEUED',
      '|',
    ]);
    expect(chosen?.[0]).toBe('one QUEUED /files/mine/chosen/one/1');
    for (const reader of readers) await reader.stop();
  });
});
