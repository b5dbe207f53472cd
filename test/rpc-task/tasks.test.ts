import { Code } from '@connectrpc/connect';
import { beforeAll, expect, it } from 'vitest';
import { Filter_Function as Fn, Sort_Direction } from '../../src/gen/flyteidl2/common/list_pb.js';
import { expectError, suites } from '../rpc/harness.ts';
import { createRunRequest, newName, PLACE } from '../rpc/requests.ts';
import { deploy, newTask, specOf, type TaskClients, taskClients, taskId, trigger } from './requests.ts';

suites('TaskService', {}, (suite) => {
  let clients: TaskClients;
  beforeAll(() => {
    clients = taskClients(suite);
  });

  const projectId = { organization: PLACE.org, name: PLACE.project, domain: PLACE.domain };
  const scopeBy = { case: 'projectId', value: projectId } as const;
  const named = (name: string) => ({ function: Fn.EQUAL, field: 'name', values: [name] });

  it('keeps a version with its spec and says who deployed it when', async () => {
    const name = newTask();
    await deploy(clients, name);
    const { details } = await clients.tasks.getTaskDetails({ taskId: taskId(name) });
    expect(details).toMatchObject({
      taskId: taskId(name),
      metadata: {
        shortName: specOf(name).shortName,
        environmentName: 'my_env',
        shortDescription: 'does it',
        deployedBy: { principal: { value: { id: { subject: 'anonymous' } } } },
      },
    });
    expect(details?.spec).toEqual(specOf(name));
    expect(Number(details?.metadata?.deployedAt?.seconds)).toBeGreaterThan(Date.now() / 1000 - 600);
    expect(details?.metadata?.triggersSummary).toBeUndefined();
  });

  it('never changes a version', async () => {
    const name = newTask();
    await deploy(clients, name);
    await expectError(
      deploy(clients, name, 'v1', { triggers: [trigger('t')] }),
      Code.AlreadyExists,
      /is deployed already in version "v1", with the same spec$/,
    );
    await expectError(
      deploy(clients, name, 'v1', { spec: specOf(name, 'v1', { shortName: 'other' }) }),
      Code.AlreadyExists,
      /with another spec; a version never changes, so deploy this one as another version/,
    );
    const { details } = await clients.tasks.getTaskDetails({ taskId: taskId(name) });
    expect(details?.spec).toEqual(specOf(name));
    const listed = await clients.triggers.listTriggers({
      scopeBy: { case: 'taskName', value: { ...PLACE, name } },
    });
    expect(listed.triggers).toEqual([]);
  });

  it('of two deployments of a version at once exactly one succeeds, and one version is the latest', async () => {
    const name = newTask();
    const attempts = ['a', 'b', 'c', 'a', 'b', 'c'].map((version) =>
      deploy(clients, name, version).then(
        () => version,
        (error: { code: Code }) => error.code,
      ),
    );
    const outcomes = await Promise.all(attempts);
    expect(outcomes.map(String).sort()).toEqual(['6', '6', '6', 'a', 'b', 'c']);
    const { tasks } = await clients.tasks.listTasks({ scopeBy, request: { filters: [named(name)] } });
    expect(tasks).toHaveLength(1);
  });

  it('says what is not there', async () => {
    await expectError(
      clients.tasks.getTaskDetails({ taskId: taskId('no.task', 'v9') }),
      Code.NotFound,
      /there is no deployed task "no.task" in version "v9" in "flytesnacks\/development"/,
    );
    await expectError(
      clients.tasks.getTaskDetails({ taskId: { ...taskId('x'), domain: 'mars' } }),
      Code.NotFound,
      /there is no domain "mars"/,
    );
  });

  it.each([
    ['a project that can not be', { taskId: { ...taskId('x'), project: 'Not A Project' } }, /project/],
    ['control characters', { taskId: taskId('x\ny') }, /task_id.name must not contain control characters/],
    ['no template', { spec: {} }, /task_template/],
    ['a trigger twice', { triggers: [trigger('t'), trigger('t')] }, /triggers has "t" twice/],
  ])('refuses %s', async (_, more, sentence) => {
    await expectError(deploy(clients, newTask(), 'v1', more as object), Code.InvalidArgument, sentence);
  });

  it('deploys nothing of a request that is refused', async () => {
    const name = newTask();
    const triggers = [trigger('good'), { name: 'bad', spec: { active: true }, automationSpec: { type: 2 } }];
    await expectError(deploy(clients, name, 'v1', { triggers }), Code.InvalidArgument, /trigger "bad": /);
    await expectError(clients.tasks.getTaskDetails({ taskId: taskId(name) }), Code.NotFound);
  });

  it('lists the latest version of each task, or the versions that a filter asks for', async () => {
    const name = newTask();
    for (const version of ['v1', 'v2', 'v3']) await deploy(clients, name, version);
    const versions = async (...filters: object[]) => {
      const { tasks } = await clients.tasks.listTasks({
        scopeBy,
        request: { filters: [named(name), ...filters], sortBy: { key: 'created_at' } },
      });
      return tasks.map((task) => task.taskId?.version);
    };
    expect(await versions()).toEqual(['v3']);
    expect(await versions({ function: Fn.EQUAL, field: 'version', values: ['v1'] })).toEqual(['v1']);
    expect(await versions({ function: Fn.VALUE_IN, field: 'task_version', values: ['v1', 'v2'] })).toEqual([
      'v2',
      'v1',
    ]);
    expect(await versions({ function: Fn.EQUAL, field: 'deployed_by', values: ['somebody'] })).toEqual([]);
  });

  it('lists tasks in pages of any size, in order, with totals', async () => {
    const project = newName('project');
    const names = ['a.one', 'a.two', 'b.three', 'b.four', 'b.five'];
    for (const name of names) {
      await deploy(clients, name, 'v1', { taskId: { ...taskId(name), project } });
      await deploy(clients, name, 'v2', { taskId: { ...taskId(name, 'v2'), project } });
    }
    const scope = { case: 'projectId', value: { ...projectId, name: project } } as const;
    const pages = async (request: object, limit: number) => {
      const seen: string[] = [];
      let token = '';
      do {
        const page = await clients.tasks.listTasks({ scopeBy: scope, request: { ...request, limit, token } });
        expect(page.tasks.length).toBeLessThanOrEqual(limit);
        seen.push(...page.tasks.map((task) => task.taskId?.name ?? ''));
        token = page.token;
      } while (token !== '');
      return seen;
    };
    for (let limit = 1; limit <= 6; limit++) {
      expect(await pages({}, limit)).toEqual([...names].reverse());
      const ascending = { sortBy: { key: 'created_at', direction: Sort_Direction.ASCENDING } };
      expect(await pages(ascending, limit)).toEqual(names);
      const byName = { sortByFields: [{ key: 'name', direction: Sort_Direction.ASCENDING }] };
      expect(await pages(byName, limit)).toEqual([...names].sort());
    }
    const filters = [{ function: Fn.CONTAINS, field: 'name', values: ['b.'] }];
    const { tasks, metadata } = await clients.tasks.listTasks({
      scopeBy: scope,
      request: { filters, limit: 2 },
    });
    expect([tasks.length, metadata?.total, metadata?.filteredTotal]).toEqual([2, 5, 3]);
    const everything = await clients.tasks.listTasks({ scopeBy: scope });
    expect([everything.metadata?.total, everything.metadata?.filteredTotal]).toEqual([5, 5]);
    const org = await clients.tasks.listTasks({
      scopeBy: { case: 'org', value: PLACE.org },
      request: { filters: [{ function: Fn.EQUAL, field: 'project', values: [project] }] },
    });
    expect(org.tasks).toHaveLength(5);
  });

  it('knows entry points and who deployed', async () => {
    const name = newTask();
    const entry = specOf(name);
    if (entry.taskTemplate?.metadata) entry.taskTemplate.metadata.isEntrypoint = true;
    await deploy(clients, name, 'v1', { spec: entry });
    const other = newTask();
    await deploy(clients, other);
    const filters = [{ function: Fn.VALUE_IN, field: 'name', values: [name, other] }];
    const list = async (...knownFilters: object[]) => {
      const { tasks, metadata } = await clients.tasks.listTasks({
        scopeBy,
        request: { filters },
        knownFilters: knownFilters.map((filterBy) => ({ filterBy })) as object[],
      });
      expect(metadata?.filteredTotal).toBe(tasks.length);
      return tasks.map((task) => task.taskId?.name);
    };
    expect(await list({ case: 'isEntrypoint', value: true })).toEqual([name]);
    expect(await list({ case: 'isEntrypoint', value: false })).toEqual([other]);
    expect(await list({ case: 'deployedBy', value: 'anonymous' })).toEqual([other, name]);
    expect(await list({ case: 'deployedBy', value: 'nobody' })).toEqual([]);
    await expectError(
      list({ case: 'isEntrypoint', value: true }, { case: 'isEntrypoint', value: false }),
      Code.InvalidArgument,
      /two entries of the same kind/,
    );
  });

  it('refuses lists that make no sense', async () => {
    const list = (request: object) => clients.tasks.listTasks({ scopeBy, request });
    await expectError(
      list({ filters: [{ field: 'colour', values: ['red'] }] }),
      Code.InvalidArgument,
      /unknown filter field "colour" of tasks; known are name, version/,
    );
    await expectError(list({ limit: 1001 }), Code.InvalidArgument, /limit 1001 is too large/);
    await expectError(list({ token: 'abc' }), Code.InvalidArgument, /the page token is damaged/);
    await expectError(list({ sortBy: { key: 'x' } }), Code.InvalidArgument, /tasks can't be sorted by "x"/);
  });

  it('lists versions, each with its newest run', async () => {
    const name = newTask();
    for (const version of ['v1', 'v2', 'v3']) await deploy(clients, name, version);
    const runs: string[] = [];
    for (const version of ['v1', 'v1', 'v2']) {
      const run = newName();
      runs.push(run);
      const task = { case: 'taskId', value: taskId(name, version) } as const;
      await suite.runs.createRun(createRunRequest(run, { task }));
    }
    const list = (request: object) => clients.tasks.listVersions({ taskName: { ...PLACE, name }, request });
    const { versions } = await list({});
    expect(versions.map((v) => [v.version, v.latestRun?.runId?.name, v.latestRun?.rootTaskName])).toEqual([
      ['v3', undefined, undefined],
      ['v2', runs[2], name],
      ['v1', runs[1], name],
    ]);
    const first = await list({ limit: 2 });
    const rest = await list({ limit: 2, token: first.token });
    expect([...first.versions, ...rest.versions].map((v) => v.version)).toEqual(['v3', 'v2', 'v1']);
    expect(rest.token).toBe('');
    const { tasks } = await clients.tasks.listTasks({ scopeBy, request: { filters: [named(name)] } });
    expect(tasks[0]?.taskSummary?.latestRun?.runId?.name).toBe(runs[2]);
    const none = await clients.tasks.listVersions({ taskName: { ...PLACE, name: 'no.task' } });
    expect(none.versions).toEqual([]);
  });

  it('sums up the triggers of a task', async () => {
    const name = newTask();
    await deploy(clients, name, 'v1', { triggers: [trigger('only')] });
    const summary = async (version: string) =>
      (await clients.tasks.getTaskDetails({ taskId: taskId(name, version) })).details?.metadata
        ?.triggersSummary?.summary;
    expect(await summary('v1')).toMatchObject({
      case: 'details',
      value: { name: 'only', active: true, automationSpec: { automation: { case: 'schedule' } } },
    });
    await deploy(clients, name, 'v2', { triggers: [trigger('only'), trigger('more', undefined, false)] });
    expect(await summary('v2')).toMatchObject({ case: 'stats', value: { total: 2, active: 1 } });
    const { tasks } = await clients.tasks.listTasks({ scopeBy, request: { filters: [named(name)] } });
    expect(tasks[0]?.metadata?.triggersSummary?.summary).toMatchObject({
      case: 'stats',
      value: { total: 2 },
    });
  });

  it('runs a deployed task by its identifier', async () => {
    const name = newTask();
    await deploy(clients, name);
    const run = newName();
    const request = createRunRequest(run, { task: { case: 'taskId', value: taskId(name) } });
    await suite.runs.createRun(request);
    await suite.runs.createRun(request);
    const { details } = await suite.runs.getRunDetails({ runId: { ...PLACE, name: run } });
    expect(details?.action?.spec).toMatchObject({ case: 'task', value: specOf(name) });
    expect(details?.action?.metadata?.spec).toMatchObject({ value: { id: taskId(name) } });
    await expectError(
      suite.runs.createRun(
        createRunRequest(newName(), { task: { case: 'taskId', value: taskId(name, 'v7') } }),
      ),
      Code.NotFound,
      /there is no deployed task .* in version "v7"/,
    );
  });
});

suites(
  'TaskService without automatic projects',
  { autoCreate: false, over: ['Connect over HTTP/1.1'] },
  (suite) => {
    it('deploys only to projects that are there and not archived', async () => {
      const clients = taskClients(suite);
      const name = newTask();
      await expectError(deploy(clients, name), Code.NotFound, /there is no project "flytesnacks"; create it/);
      const project = { id: PLACE.project, name: PLACE.project, org: PLACE.org };
      await suite.projects.createProject({ project });
      await deploy(clients, name);
      await suite.projects.updateProject({ project: { ...project, state: 1 } });
      await expectError(
        deploy(clients, name, 'v2'),
        Code.FailedPrecondition,
        /project "flytesnacks" is archived/,
      );
    });
  },
);
