import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { leaseRuns } from '../../src/repository/outbox.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { enqueueAction } from '../../src/repository/write/commands/enqueue-action.ts';
import { plusMillis } from '../../src/runs/instant.ts';
import { at, newAction, newRun } from '../repository/fixtures.ts';
import { actionRow } from '../repository/repository.ts';
import { dialects } from '../support/databases.ts';
import { Code, failure, type Remote, useRemote } from './harness.ts';

/** A run with so many children, all of them in the outbox. */
async function fill({ writer, repository }: Remote, run: string, children: number): Promise<string[]> {
  repository.now = at(0);
  await writer.submit(createRun({ ...newRun(run), execute: true }));
  const names = Array.from({ length: children }, (_, i) => `k${i}`);
  for (const name of names) {
    await writer.submit(enqueueAction({ ...newAction(run, name, { parent: 'a0' }), execute: true }));
  }
  return [`enqueue ${run}/a0`, ...names.map((name) => `enqueue ${run}/${name}`)];
}

const drained = (remote: Remote) => vi.waitFor(async () => expect(await remote.waiting()).toBe(0), 10_000);
const heard = (remote: Remote, calls: number) =>
  vi.waitFor(() => expect(remote.fake.heard.length).toBeGreaterThanOrEqual(calls), 10_000);
const problem = async ({ repository }: Remote) =>
  (await repository.dialect.reader.selectFrom('outbox_runs').selectAll().executeTakeFirst())?.problem;
const metric = async (remote: Remote, name: string) =>
  (await remote.metrics.render()).body.split('\n').find((line) => line.startsWith(`${name}{`));

describe.each(dialects)('delivery on $name', ({ create }) => {
  const open = useRemote(create);

  it.each([Code.Unavailable, Code.Internal, Code.ResourceExhausted, Code.Unimplemented])(
    'what fails with code %i is kept and tried again once its time has come, in order',
    async (code) => {
      const remote = await open();
      const { fake, repository } = remote;
      const expected = await fill(remote, `away-${code}`, 3);
      fake.behave = () => {
        throw failure(code, 'not now');
      };
      const courier = remote.courier();
      await vi.waitFor(async () => expect(await problem(remote)).toBe(`${Code[code]}: not now`));
      // Time stands still, so nothing is due, however often it looks.
      const calls = fake.heard.length;
      courier.wake();
      await vi.waitFor(async () => expect(await metric(remote, 'runs_outbox_waiting')).toMatch(/ 4$/));
      expect(fake.heard).toHaveLength(calls);
      expect(fake.accepted).toEqual([]);
      fake.behave = () => {};
      repository.now = plusMillis(repository.now, 30_000);
      await drained(remote);
      expect(fake.accepted).toEqual(expected);
    },
  );

  it('the pauses between tries grow', async () => {
    const remote = await open();
    const { fake, repository } = remote;
    await fill(remote, 'grow', 0);
    fake.behave = () => {
      throw failure(Code.Unavailable);
    };
    remote.courier();
    const pauses: number[] = [];
    for (let tries = 1; tries <= 9; tries++) {
      const row = await vi.waitFor(async () => {
        const found = await repository.dialect.reader
          .selectFrom('outbox_runs')
          .selectAll()
          .where('tries', '=', tries)
          .where('owner', 'is', null)
          .executeTakeFirst();
        expect(found).toBeDefined();
        return found;
      });
      const ms = Date.parse(row?.not_before ?? '') - Date.parse(repository.now);
      pauses.push(Math.round(ms / 10) * 10);
      repository.now = plusMillis(row?.not_before ?? '', 1);
    }
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it('a service that does not answer is tried again; what it heard twice it has once', async () => {
    const remote = await open();
    const { fake, repository } = remote;
    const expected = await fill(remote, 'hangs', 2);
    let hang = true;
    fake.behave = async ({ who }, { signal }) => {
      if (!hang || who !== 'hangs/k0') return;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw failure(Code.Canceled);
    };
    remote.courier({ deadlineMs: 100 });
    await vi.waitFor(async () => expect(await problem(remote)).toMatch(/DeadlineExceeded/));
    hang = false;
    await vi.waitFor(async () => {
      repository.now = plusMillis(repository.now, 30_000);
      expect(await remote.waiting()).toBe(0);
    }, 10_000);
    // At least once: on a busy machine others may have been too slow as well.
    expect([...new Set(fake.accepted)]).toEqual(expected);
  });

  it('a service that dies with a call is asked again', async () => {
    const remote = await open();
    const { fake, repository } = remote;
    const expected = await fill(remote, 'dies', 2);
    let died = false;
    fake.behave = ({ who }) => {
      if (died || who !== 'dies/k1') return;
      died = true;
      fake.cut();
    };
    remote.courier();
    await vi.waitFor(async () => expect(await problem(remote)).toMatch(/./));
    repository.now = plusMillis(repository.now, 30_000);
    await drained(remote);
    expect(fake.accepted).toEqual([...expected, 'enqueue dies/k1']);
  });

  it('says on /readyz and /metrics what has waited for long, and that the service is ready', async () => {
    const remote = await open();
    const { fake, repository } = remote;
    await fill(remote, 'long', 1);
    fake.behave = () => {
      throw failure(Code.Unavailable, 'gone fishing');
    };
    const courier = remote.courier();
    await vi.waitFor(async () => expect(await problem(remote)).toMatch(/fishing/));
    await expect(courier.readiness.check()).resolves.toBeUndefined();
    expect(courier.readiness.advisory).toBe(true);
    repository.now = plusMillis(repository.now, 90_000);
    await vi.waitFor(async () => expect(await metric(remote, 'runs_outbox_oldest_seconds')).toMatch(/ 90$/));
    await expect(courier.readiness.check()).rejects.toThrow(
      `2 messages wait for ${fake.url} (executor.remote.url), the oldest for 90 s: Unavailable: gone fishing`,
    );
    expect(await metric(remote, 'runs_outbox_failures_total')).toMatch(/code="Unavailable"/);
    fake.behave = () => {};
    // A call that was on its way may fail once more, so its time has to come again.
    await vi.waitFor(async () => {
      repository.now = plusMillis(repository.now, 60_000);
      expect(await remote.waiting()).toBe(0);
    }, 10_000);
    await vi.waitFor(() => expect(courier.readiness.check()).resolves.toBeUndefined());
  });

  it('a run that keeps failing does not hold up the others', async () => {
    const remote = await open();
    const { fake } = remote;
    fake.behave = ({ who }) => {
      if (who.startsWith('poison/')) throw failure(Code.Internal, 'it hurts');
    };
    await fill(remote, 'poison', 2);
    const expected = await fill(remote, 'healthy', 5);
    remote.courier();
    await vi.waitFor(() => expect(fake.accepted).toEqual(expected), 10_000);
    // What was accepted leaves the outbox a moment later.
    await vi.waitFor(async () => expect(await remote.waiting()).toBe(3), 10_000);
  });

  it('several processes share the work; no run is told of by two of them at once', async () => {
    const remote = await open();
    const { fake } = remote;
    fake.behave = () => sleep(1);
    const expected: string[] = [];
    for (let i = 0; i < 20; i++) expected.push(...(await fill(remote, `shared-${i}`, 4)));
    for (let i = 0; i < 3; i++) remote.courier();
    await drained(remote);
    expect(fake.mostAtOnce).toBe(1);
    expect([...fake.accepted].sort()).toEqual([...expected].sort());
    for (let i = 0; i < 20; i++) {
      const ofRun = (call: string) => call.includes(`shared-${i}/`);
      expect(fake.accepted.filter(ofRun)).toEqual(expected.filter(ofRun));
    }
  });

  it('takes up the run of a process that is gone when its lease is over, not before', async () => {
    const remote = await open();
    const { fake, repository } = remote;
    const expected = await fill(remote, 'orphan', 1);
    const lease = { owner: 'gone', now: repository.now, leaseMs: 15_000, limit: 10 };
    expect(await leaseRuns(repository.dialect, 'ACTIONS', lease)).toHaveLength(1);
    const other = await fill(remote, 'other', 0);
    const courier = remote.courier();
    await vi.waitFor(() => expect(fake.accepted).toEqual(other));
    courier.wake();
    expect(fake.heard).toHaveLength(1);
    repository.now = plusMillis(repository.now, 15_000);
    await drained(remote);
    expect(fake.accepted).toEqual([...other, ...expected]);
  });

  it('a courier that is stopped lets go at once, and the next one goes on where it was', async () => {
    const remote = await open();
    const { fake } = remote;
    const expected = await fill(remote, 'handed', 3);
    fake.behave = async ({ who }, { signal }) => {
      if (who !== 'handed/k1') return;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw failure(Code.Canceled);
    };
    const first = remote.courier();
    await heard(remote, 3);
    await first.stop();
    fake.behave = () => {};
    remote.courier();
    await drained(remote);
    expect(fake.accepted).toEqual(expected);
  });

  it('what is written while a run is being told of is told too', async () => {
    const remote = await open();
    const { fake, writer, repository } = remote;
    let added = 0;
    fake.behave = async () => {
      if (added >= 10) return;
      const name = `added-${added++}`;
      await writer.submit(enqueueAction({ ...newAction('grows', name, { parent: 'a0' }), execute: true }));
    };
    await fill(remote, 'grows', 0);
    remote.courier();
    await vi.waitFor(() => expect(fake.accepted).toHaveLength(11), 10_000);
    await drained(remote);
    expect(fake.accepted.at(-1)).toBe('enqueue grows/added-9');
    expect(await actionRow(repository.dialect, 'grows', 'added-9')).toMatchObject({ phase: 'QUEUED' });
    await vi.waitFor(async () =>
      expect(await repository.dialect.reader.selectFrom('outbox_runs').selectAll().execute()).toEqual([]),
    );
  });
});
