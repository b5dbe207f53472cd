import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, it, vi } from 'vitest';
import type { EnqueueRequest, SignalRequest } from '../../src/gen/flyteidl2/actions/actions_service_pb.js';
import { ErrorInfo_Kind } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { abortTree } from '../../src/repository/write/commands/abort.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { enqueueAction } from '../../src/repository/write/commands/enqueue-action.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { signalCondition } from '../../src/repository/write/commands/signal.ts';
import { payloadLiteral } from '../../src/runs/signal-value.ts';
import { InputsSchema } from '../../src/gen/flyteidl2/task/common_pb.js';
import {
  abortOf,
  condition,
  event,
  named,
  newAction,
  newRun,
  personBytes,
  trace,
} from '../repository/fixtures.ts';
import { actionRow } from '../repository/repository.ts';
import { dialects } from '../support/databases.ts';
import { Code, failure, type Remote, useRemote } from './harness.ts';

const child = (run: string, name: string, more: Parameters<typeof newAction>[2] = {}) =>
  enqueueAction({ ...newAction(run, name, { parent: 'a0', ...more }), execute: true });

const approve = (run: string, name = 'c1') =>
  signalCondition({
    ...named(run, name),
    parent: '',
    value: payloadLiteral({ case: 'boolValue', value: true }),
    by: personBytes('judge'),
  });

const abort = ({ repository, writer }: Remote, run: string, name?: string) =>
  writer.exclusive(abortTree(repository.dialect, abortOf(run, name)));

const drained = (remote: Remote) => vi.waitFor(async () => expect(await remote.waiting()).toBe(0));

describe.each(dialects)('handing over, on $name', ({ create }) => {
  const open = useRemote(create);

  it('tells enqueues, signals and aborts of a run in their order, valid by the contract', async () => {
    const remote = await open();
    const { writer, fake, storage } = remote;
    await writer.submit(createRun({ ...newRun('order'), inputs: new Uint8Array(), execute: true }));
    await writer.submit(child('order', 'k1', { inputUri: 'memory://in/inputs.pb', cacheKey: 'key' }));
    await writer.submit(child('order', 'c1', { spec: condition() }));
    await writer.submit(approve('order'));
    await abort(remote, 'order', 'k1');
    await abort(remote, 'order');
    expect(await remote.waiting()).toBe(6);
    // k1 has ended by now, so it is not even begun.
    remote.courier();
    await drained(remote);
    expect(fake.accepted).toEqual(['signal order/c1', 'abort order/k1', 'abort order/a0']);
    expect(storage.files.size).toBe(0);
  });

  it('says all that is needed to run the action', async () => {
    const remote = await open();
    const { writer, fake, storage } = remote;
    remote.courier();
    await writer.submit(createRun({ ...newRun('whole'), inputs: new Uint8Array(), execute: true }));
    await drained(remote);
    await writer.submit(
      child('whole', 'k1', { inputUri: 'memory://in/inputs.pb', cacheKey: 'key', group: 'g' }),
    );
    await writer.submit(child('whole', 'c1', { spec: condition() }));
    await drained(remote);
    await writer.submit(approve('whole'));
    await abort(remote, 'whole');
    await drained(remote);
    expect(fake.accepted).toEqual([
      'enqueue whole/a0',
      'enqueue whole/k1',
      'enqueue whole/c1',
      'signal whole/c1',
      'abort whole/a0',
    ]);
    const [root, kid, cond, signal] = fake.heard;
    const rootAction = (root?.request as EnqueueRequest | undefined)?.action;
    expect(rootAction?.parentActionName).toBeUndefined();
    const inputs = storage.files.get(rootAction?.inputUri ?? '');
    expect(inputs && fromBinary(InputsSchema, inputs)).toBeDefined();
    expect(rootAction?.runOutputBase).toMatch(/whole/);
    const action = (kid?.request as EnqueueRequest | undefined)?.action;
    expect(action).toMatchObject({
      parentActionName: 'a0',
      inputUri: 'memory://in/inputs.pb',
      group: 'g',
      subject: 'alice',
      spec: { case: 'task', value: { cacheKey: 'key', id: { name: 'mod.work' } } },
    });
    expect((cond?.request as EnqueueRequest | undefined)?.action?.spec.case).toBe('condition');
    expect((signal?.request as SignalRequest | undefined)?.parentActionName).toBe('a0');
    expect(Object.fromEntries(kid?.headers ?? [])).toMatchObject({
      'x-actions-project': 'p',
      'x-actions-domain': 'd',
      'x-actions-run': 'whole',
      'x-actions-parent-action': 'a0',
    });
    expect(root?.headers.has('x-actions-parent-action')).toBe(false);
  });

  it('tells only of what is to be executed, and of nothing that was refused', async () => {
    const remote = await open();
    const { writer } = remote;
    await writer.submit(createRun({ ...newRun('only'), execute: false }));
    await writer.submit(createRun({ ...newRun('tracked-only', { kind: 'TRACKED' }) }));
    await writer.submit(recordAction(newAction('only', 'reported')));
    const ended = { spec: trace(), event: event('SUCCEEDED', 1) };
    await writer.submit(child('only', 't1', ended));
    await writer.submit(
      enqueueAction({
        ...newAction('only', 'r1', { parent: 'a0' }),
        recovered: event('RECOVERED', 1),
        execute: true,
      }),
    );
    await expect(writer.submit(child('nowhere', 'k1'))).rejects.toMatchObject({ code: 'not_found' });
    await expect(writer.submit(approve('only', 'reported'))).rejects.toMatchObject({
      code: 'failed_precondition',
    });
    expect(await remote.waiting()).toBe(0);
    await abort(remote, 'only');
    expect(await remote.waiting()).toBe(1);
    await abort(remote, 'only');
    await writer.submit(child('only', 'late'));
    expect(await remote.waiting()).toBe(1);
  });

  it.each([Code.InvalidArgument, Code.NotFound, Code.FailedPrecondition])(
    'an enqueue refused with code %i ends its action as a failure of the system; the run goes on',
    async (code) => {
      const remote = await open();
      const { writer, fake, repository } = remote;
      const run = `refused-${code}`;
      fake.behave = ({ who }) => {
        if (who === `${run}/k1`) throw failure(code, 'I have no such queue');
      };
      remote.courier();
      await writer.submit(createRun({ ...newRun(run), execute: true }));
      await Promise.all([writer.submit(child(run, 'k1')), writer.submit(child(run, 'k2'))]);
      await drained(remote);
      expect(await actionRow(repository.dialect, run, 'k1')).toMatchObject({ phase: 'FAILED' });
      expect(await remote.error(run, 'k1')).toMatchObject({
        kind: ErrorInfo_Kind.SYSTEM,
        message: 'the remote executor refused the action: I have no such queue',
      });
      expect(await actionRow(repository.dialect, run, 'k2')).toMatchObject({ phase: 'QUEUED' });
      expect(fake.accepted).toEqual([`enqueue ${run}/a0`, `enqueue ${run}/k2`]);
    },
  );

  it('takes ALREADY_EXISTS for success, and an abort or signal of what is not there for done', async () => {
    const remote = await open();
    const { writer, fake, repository } = remote;
    fake.behave = ({ method }) => {
      if (method === 'enqueue') throw failure(Code.AlreadyExists);
      throw failure(method === 'abort' ? Code.NotFound : Code.FailedPrecondition);
    };
    remote.courier();
    await writer.submit(createRun({ ...newRun('exists'), execute: true }));
    await writer.submit(child('exists', 'c1', { spec: condition() }));
    await drained(remote);
    expect(await actionRow(repository.dialect, 'exists', 'c1')).toMatchObject({ phase: 'PAUSED' });
    await writer.submit(approve('exists'));
    await abort(remote, 'exists');
    await drained(remote);
    expect(fake.heard).toHaveLength(4);
    expect(await actionRow(repository.dialect, 'exists', 'c1')).toMatchObject({ phase: 'SUCCEEDED' });
  });
});
