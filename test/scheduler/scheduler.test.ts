import { fromBinary } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from 'vitest';
import { InputsSchema } from '../../src/gen/flyteidl2/task/common_pb.js';
import { RunSpecSchema } from '../../src/gen/flyteidl2/task/run_pb.js';
import { ActionMetadataSchema, RunSource } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { updateProject } from '../../src/repository/projects.ts';
import { findTrigger } from '../../src/repository/triggers.ts';
import { fireTriggers } from '../../src/repository/triggers-fire.ts';
import { deleteTrigger, setTriggerActive } from '../../src/repository/triggers-write.ts';
import type { GroupCommit } from '../../src/repository/write/group-commit.ts';
import type { Instant } from '../../src/runs/instant.ts';
import { planFiring } from '../../src/scheduler/plan.ts';
import { createScheduler, type SchedulerOptions } from '../../src/scheduler/scheduler.ts';
import { person } from '../repository/fixtures.ts';
import { useRepository } from '../repository/repository.ts';
import { dialects } from '../support/databases.ts';
import { deploy, deployTask, firings, instant, minute, START, scheduled, triggerKey } from './fixtures.ts';

describe.each(dialects)('the scheduler on $name', ({ create }) => {
  const repository = useRepository(create);
  const day = 86_400_000;

  const scheduler = (more: Partial<SchedulerOptions> = {}) =>
    createScheduler({
      dialect: repository.dialect,
      writer: repository.writer,
      clock: () => repository.now,
      catchUp: { maxRuns: 1, maxAgeMs: day },
      run: { autoCreateProject: true, execute: false },
      ...more,
    });

  const write = <R>(
    work: (db: Parameters<Parameters<GroupCommit['exclusive']>[0]>[0], now: Instant) => Promise<R>,
  ) => repository.writer.exclusive(async (db, unit) => ({ result: await work(db, unit().now), flushed: [] }));
  const activate = (name: string, active: boolean) =>
    write((db, now) =>
      setTriggerActive(repository.dialect, db, now, triggerKey(name), { active, by: person('ada') }),
    );
  const deployed = (...triggers: Parameters<typeof deploy>[2][]) =>
    deploy(repository.dialect, repository.writer, ...triggers);

  beforeEach(async () => {
    const { writer } = repository.dialect;
    for (const table of ['trigger_revisions', 'triggers', 'runs', 'tasks', 'projects'] as const)
      await writer.deleteFrom(table).execute();
    repository.now = START;
    await deployTask(repository.dialect, repository.writer, 'v1', 'v2');
  });

  it('starts a run of its task with its inputs, spec and names, and says when it is due again', async () => {
    const literals = [{ name: 'x' }];
    await deployed(
      scheduled(
        'hourly',
        { cron: '0 * * * *', kickoff: 'when' },
        {
          inputWrapper: { case: 'inputs', value: { literals, context: [{ key: 'k', value: 'v' }] } },
          runSpec: { labels: { values: { team: 'a' } }, queue: 'fast' },
        },
      ),
    );
    expect(await scheduler().tick()).toBe(minute(60));
    expect(await firings(repository.dialect)).toEqual([]);

    repository.now = minute(60, 5);
    expect(await scheduler().tick()).toBe(minute(120));
    expect(await firings(repository.dialect)).toEqual(['hourly 1 2026-03-02T11:00']);
    const run = await repository.dialect.reader.selectFrom('runs').selectAll().executeTakeFirstOrThrow();
    expect(run).toMatchObject({
      org: 'acme',
      project: 'p',
      domain: 'd',
      phase: 'QUEUED',
      source: RunSource[RunSource.SCHEDULE_TRIGGER],
      task_name: 'mod.work',
      task_version: 'v1',
      trigger_org: 'acme',
      trigger_project: 'p',
      trigger_domain: 'd',
      trigger_task_name: 'mod.work',
      created_by_principal: 'ada',
      created_at: minute(60, 5),
    });
    expect(run.name).toMatch(/^s[a-z0-9]{19}$/);
    expect(JSON.parse(run.labels)).toEqual({ team: 'a' });
    const spec = fromBinary(RunSpecSchema, run.run_spec);
    expect([spec.queue, spec.runStartTime?.seconds]).toEqual(['fast', BigInt(Date.parse(minute(60)) / 1000)]);
    const metadata = fromBinary(ActionMetadataSchema, run.metadata);
    expect([
      metadata.triggerName,
      metadata.triggerId?.revision,
      metadata.triggerType?.automation.case,
    ]).toEqual(['hourly', 1n, 'schedule']);
    const { inputs } = await repository.dialect.reader
      .selectFrom('action_inputs')
      .select('inputs')
      .executeTakeFirstOrThrow();
    expect(fromBinary(InputsSchema, inputs)).toMatchObject({
      literals: [{ name: 'x' }, { name: 'when' }],
      context: [{ key: 'k', value: 'v' }],
    });
    expect((await findTrigger(repository.dialect.reader, triggerKey('hourly')))?.triggered_at).toBe(
      minute(60, 5),
    );
    expect(repository.committed.at(-1)?.changes.length).toBe(2);
  });

  it('gives the hash of uploaded inputs the time that the runtime will fill in', async () => {
    const offloaded = { case: 'offloadedInputData', value: { uri: 'x://in', inputsHash: 'h' } } as const;
    await deployed(
      scheduled('plain', { cron: '* * * * *' }, { inputWrapper: offloaded }),
      scheduled('timed', { cron: '* * * * *', kickoff: 'when' }, { inputWrapper: offloaded }),
    );
    for (const m of [1, 2]) {
      repository.now = minute(m);
      await scheduler().tick();
    }
    const rows = await repository.dialect.reader
      .selectFrom('actions')
      .innerJoin('runs', 'runs.id', 'actions.run_id')
      .select(['runs.trigger_name', 'actions.inputs_hash', 'actions.input_uri'])
      .orderBy('runs.id')
      .execute();
    expect(rows.map(({ input_uri }) => input_uri)).toEqual(Array(4).fill('x://in'));
    const hashes = (name: string) => rows.filter((r) => r.trigger_name === name).map((r) => r.inputs_hash);
    expect(hashes('plain')).toEqual(['h', 'h']);
    expect(new Set([...hashes('timed'), 'h']).size).toBe(3);
  });

  it('after a time in which nobody could fire makes up for the newest times, within its bounds', async () => {
    await deployed(scheduled('t', { cron: '*/10 * * * *', kickoff: 'when' }));
    repository.now = minute(65);
    expect(await scheduler().tick()).toBe(minute(70));
    expect(await firings(repository.dialect)).toEqual(['t 1 2026-03-02T11:00']);

    repository.now = minute(125);
    await scheduler({ catchUp: { maxRuns: 3, maxAgeMs: day } }).tick();
    expect((await firings(repository.dialect)).slice(1)).toEqual([
      't 1 2026-03-02T11:40',
      't 1 2026-03-02T11:50',
      't 1 2026-03-02T12:00',
    ]);

    repository.now = minute(185);
    await scheduler({ catchUp: { maxRuns: 100, maxAgeMs: 20 * 60_000 } }).tick();
    expect((await firings(repository.dialect)).slice(4)).toEqual([
      't 1 2026-03-02T12:50',
      't 1 2026-03-02T13:00',
    ]);

    repository.now = minute(249);
    expect(await scheduler({ catchUp: { maxRuns: 1, maxAgeMs: 60_000 } }).tick()).toBe(minute(250));
    expect(await firings(repository.dialect)).toHaveLength(6);
  });

  it('leaves out what fell due while a trigger was inactive', async () => {
    await deployed(scheduled('t', { cron: '*/10 * * * *', kickoff: 'when' }));
    repository.now = minute(5);
    await activate('t', false);
    repository.now = minute(25);
    expect(await scheduler().tick()).toBeUndefined();
    await activate('t', true);
    expect(await scheduler().tick()).toBe(minute(30));
    repository.now = minute(30);
    await scheduler().tick();
    expect(await firings(repository.dialect)).toEqual(['t 3 2026-03-02T10:30']);
  });

  it('goes on with its times when the same schedule is deployed again, and with new ones otherwise', async () => {
    const trigger = (cron: string, taskVersion: string) =>
      scheduled('t', { cron, kickoff: 'when' }, { taskVersion });
    await deployed(trigger('*/10 * * * *', 'v1'));
    // The first time is due, and nobody fired it yet.
    repository.now = minute(11);
    await deployed(trigger('*/10 * * * *', 'v2'));
    await scheduler().tick();
    expect(await firings(repository.dialect)).toEqual(['t 2 2026-03-02T10:10']);
    await deployed(trigger('*/15 * * * *', 'v2'));
    expect(await scheduler().tick()).toBe(minute(15));
    repository.now = minute(20);
    await scheduler().tick();
    expect((await firings(repository.dialect)).slice(1)).toEqual(['t 3 2026-03-02T10:15']);
    const versions = await repository.dialect.reader.selectFrom('runs').select('task_version').execute();
    expect(versions).toEqual([{ task_version: 'v2' }, { task_version: 'v2' }]);
  });

  it('never starts a second run for a time, even if a trigger is moved back to it', async () => {
    await deployed(scheduled('t', { cron: '* * * * *', kickoff: 'when' }));
    repository.now = minute(1);
    await scheduler().tick();
    await repository.dialect.writer
      .updateTable('triggers')
      .set({ next_fire_at: minute(1) })
      .execute();
    await scheduler().tick();
    expect(await firings(repository.dialect)).toEqual(['t 1 2026-03-02T10:01']);
  });

  it('does not fire what was changed, deleted or fired since it was read', async () => {
    await deployed(scheduled('t', { cron: '* * * * *', kickoff: 'when' }));
    repository.now = minute(1);
    const trigger = await findTrigger(repository.dialect.reader, triggerKey('t'));
    if (trigger === undefined) throw new Error('there is no trigger');
    const firing = planFiring(trigger, repository.now, { maxRuns: 1, maxAgeMs: day });
    await write((db, now) => deleteTrigger(repository.dialect, db, now, triggerKey('t'), person('ada')));
    const fired = await repository.writer.exclusive(async (db, unit) => {
      const options = { autoCreateProject: true, execute: false };
      const done = await fireTriggers(repository.dialect, db, unit(), [firing], options);
      return { result: done.fired, flushed: [] };
    });
    expect(fired).toEqual([]);
    expect(await firings(repository.dialect)).toEqual([]);
    expect(await scheduler().tick()).toBeUndefined();
  });

  it('loses nothing and doubles nothing when a transaction fails before its commit', async () => {
    await deployed(scheduled('t', { cron: '* * * * *', kickoff: 'when' }));
    repository.now = minute(1);
    const broken = repository.newWriter({ beforeCommit: () => Promise.reject(new Error('power cut')) });
    await expect(scheduler({ writer: broken }).tick()).rejects.toThrow('power cut');
    expect(await firings(repository.dialect)).toEqual([]);
    await scheduler().tick();
    await scheduler().tick();
    expect(await firings(repository.dialect)).toEqual(['t 1 2026-03-02T10:01']);
  });

  it('a refused run and a trigger that can not be read do not hold up the others', async () => {
    const fired: string[] = [];
    const problems: string[] = [];
    await deployed(
      scheduled('a', { cron: '* * * * *' }),
      scheduled('b', { cron: '* * * * *' }),
      scheduled('c', { cron: '* * * * *' }),
    );
    const { writer } = repository.dialect;
    const damaged = Buffer.from([0x0a, 0xff]);
    await writer.updateTable('triggers').set({ automation_spec: damaged }).where('name', '=', 'a').execute();
    await writer.updateTable('triggers').set({ spec: damaged }).where('name', '=', 'b').execute();
    repository.now = minute(1);
    const one = scheduler({
      onFired: ({ trigger, created, refused }) => fired.push(`${trigger.name} ${created} ${refused ?? ''}`),
      onError: (_, trigger) => problems.push(trigger.name),
    });
    await one.tick();
    expect(problems).toEqual(['a']);
    expect(fired.sort()).toEqual([expect.stringMatching(/^b false what is stored of it can't/), 'c true ']);

    const change = { name: 'p', description: '', labels: '{}', state: 1, updated_at: START };
    await updateProject(writer, { org_key: '', id: 'p' }, change);
    repository.now = minute(2);
    await one.tick();
    expect(fired.at(-1)).toMatch(/^c false project "p" is archived/);
    expect(problems).toEqual(['a', 'a']);
    expect((await findTrigger(writer, triggerKey('c')))?.next_fire_at).toBe(minute(3));
  });

  it('fires at local times, across a change of clocks', async () => {
    repository.now = instant('2026-03-28T12:00:00Z');
    await deployed(scheduled('t', { cron: '30 2 * * *', timezone: 'Europe/Berlin', kickoff: 'when' }));
    for (let due = await scheduler().tick(); due !== undefined && due < '2026-03-31'; ) {
      repository.now = due;
      due = await scheduler().tick();
    }
    expect(await firings(repository.dialect)).toEqual(['t 1 2026-03-29T01:00', 't 1 2026-03-30T00:30']);
  });
});
