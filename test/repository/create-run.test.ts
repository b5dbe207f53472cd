import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { InputsSchema } from '../../src/gen/flyteidl2/task/common_pb.js';
import { updateProject } from '../../src/repository/projects.ts';
import { readRunDetails } from '../../src/repository/read/details.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { dialects } from '../support/databases.ts';
import { at, newRun, runKey, task } from './fixtures.ts';
import { actionRow, attemptRows, changedKeys, dump, plain, runRow, useRepository } from './repository.ts';

describe.each(dialects)('createRun on $name', ({ create: createDatabase }) => {
  const repository = useRepository(createDatabase);

  it('writes the run, its labels, root action, attempt, transition, spec and inputs in one transaction', async () => {
    repository.now = at(7);
    repository.committed.length = 0;
    const inputs = toBinary(InputsSchema, create(InputsSchema, {}));
    const { created, run } = await repository.writer.submit(
      createRun(newRun('whole', { labels: { team: 'ml', tier: '1' }, inputs, retries: 2 })),
    );
    expect(created).toBe(true);
    const { dialect } = repository;

    expect(plain(await runRow(dialect, 'whole'))).toEqual(plain(run));
    expect(run).toMatchObject({
      org: 'acme',
      org_key: '',
      kind: 'RUN',
      root_action_name: 'a0',
      phase: 'QUEUED',
      attempts: 1,
      start_time: at(7),
      created_at: at(7),
      source: 'CLI',
      created_by_principal: 'alice',
      task_name: 'mod.main',
      function_name: 'main',
      environment_name: 'env',
    });
    expect(JSON.parse(run.labels)).toEqual({ team: 'ml', tier: '1' });
    const labels = dialect.reader.selectFrom('run_labels').selectAll().where('run_id', '=', run.id);
    expect(await labels.orderBy('key').execute()).toEqual([
      { run_id: run.id, key: 'team', value: 'ml' },
      { run_id: run.id, key: 'tier', value: '1' },
    ]);

    const root = await actionRow(dialect, 'whole', 'a0');
    expect(root).toMatchObject({ run_id: run.id, action_type: 'TASK', phase: 'QUEUED', max_attempts: 3 });
    const [attempt, ...others] = await attemptRows(dialect, 'whole', 'a0');
    expect(others).toEqual([]);
    expect(attempt).toMatchObject({ attempt_number: 1, phase: 'QUEUED', start_time: at(7), end_time: null });
    expect(attempt?.transitions).toEqual([
      { phase: 'QUEUED', version: 0, start_time: at(7), end_time: null },
    ]);
    const kept = await dialect.reader.selectFrom('action_inputs').selectAll().execute();
    expect(kept).toEqual([{ action_id: root.id, inputs: Buffer.from(inputs) }]);
    const digest = task('mod.main', 2).taskSpec?.digest;
    expect(root.task_spec_digest).toBe(digest);

    expect(await changedKeys(dialect, 'whole')).toEqual(['a0', 'run']);
    expect(repository.committed).toHaveLength(1);
    const changed = repository.committed[0]?.changes.map(({ runId, actionId }) => ({ runId, actionId }));
    expect(changed).toEqual([
      { runId: run.id, actionId: null },
      { runId: run.id, actionId: root.id },
    ]);
    const details = await readRunDetails(dialect, run.id);
    expect(details?.action?.spec.case).toBe('task');
    expect(details?.action?.attempts).toHaveLength(1);
  });

  it('answers the run that has the name already and changes nothing', async () => {
    const first = await repository.writer.submit(createRun(newRun('twice', { labels: { a: '1' } })));
    const before = await dump(repository.dialect);
    repository.now = at(50);
    const again = await repository.writer.submit(
      createRun(newRun('twice', { labels: { b: '2' }, spec: task('mod.other') })),
    );
    expect(again.created).toBe(false);
    expect(plain(again.run)).toEqual(plain(first.run));
    expect(await dump(repository.dialect)).toEqual(before);
  });

  it('creates once when the name comes twice in one batch', async () => {
    const [a, b] = await Promise.all([
      repository.writer.submit(createRun(newRun('pair'))),
      repository.writer.submit(createRun(newRun('pair'))),
    ]);
    expect([a.created, b.created]).toEqual([true, false]);
    expect(plain(b.run)).toEqual(plain(await runRow(repository.dialect, 'pair')));
  });

  it('tells runs apart by project and name, not by organization', async () => {
    const key = runKey('shared');
    await repository.writer.submit(createRun(newRun('shared')));
    const otherOrg = newRun('shared', { key: { ...key, org: 'other' } });
    const otherProject = newRun('shared', { key: { ...key, project: 'q' } });
    expect((await repository.writer.submit(createRun(otherOrg))).run.org).toBe('acme');
    expect((await repository.writer.submit(createRun(otherProject))).created).toBe(true);
  });

  it('keeps one copy of a spec that repeats', async () => {
    const spec = task('mod.repeated');
    await repository.writer.submit(createRun(newRun('spec-1', { spec })));
    await Promise.all([
      repository.writer.submit(createRun(newRun('spec-2', { spec }))),
      repository.writer.submit(createRun(newRun('spec-3', { spec }))),
    ]);
    const specs = repository.dialect.reader.selectFrom('task_specs').selectAll();
    expect(await specs.where('digest', '=', spec.taskSpec?.digest ?? '').execute()).toHaveLength(1);
  });

  it('begins a tracked run when it began', async () => {
    repository.now = at(90);
    const { run } = await repository.writer.submit(
      createRun(newRun('tracked', { kind: 'TRACKED', startTime: at(60) })),
    );
    expect(run).toMatchObject({ kind: 'TRACKED', start_time: at(60), created_at: at(90) });
    const [attempt] = await attemptRows(repository.dialect, 'tracked', 'a0');
    expect(attempt?.transitions[0]?.start_time).toBe(at(60));
  });

  it('refuses a project that does not exist, unless it may make it', async () => {
    const key = runKey('r1', 'made-here');
    const refused = repository.writer.submit(createRun(newRun('r1', { key, autoCreateProject: false })));
    await expect(refused).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('"made-here"'),
    });
    expect(await runRow(repository.dialect, 'r1')).toBeUndefined();

    await Promise.all([
      repository.writer.submit(createRun(newRun('r1', { key }))),
      repository.writer.submit(createRun(newRun('r2', { key: { ...key, name: 'r2' } }))),
    ]);
    const project = repository.dialect.reader
      .selectFrom('projects')
      .selectAll()
      .where('id', '=', 'made-here');
    expect(await project.execute()).toMatchObject([{ org: 'acme', name: 'made-here', state: 0 }]);
  });

  it('refuses an archived project, and again takes what it has', async () => {
    const key = runKey('old', 'archived');
    await repository.writer.submit(createRun(newRun('old', { key })));
    const change = { name: 'archived', description: '', labels: '{}', state: 1, updated_at: at(1) };
    await updateProject(repository.dialect.writer, { org_key: '', id: 'archived' }, change);
    const refused = repository.writer.submit(createRun(newRun('new', { key: { ...key, name: 'new' } })));
    await expect(refused).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('archived'),
    });
    expect((await repository.writer.submit(createRun(newRun('old', { key })))).created).toBe(false);
  });
});
