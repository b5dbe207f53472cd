import { Code } from '@connectrpc/connect';
import { beforeAll, expect, it } from 'vitest';
import { Filter_Function as Fn, Sort_Direction } from '../../src/gen/flyteidl2/common/list_pb.js';
import { TriggerAutomationSpecType as Type } from '../../src/gen/flyteidl2/task/common_pb.js';
import { TriggerRevisionAction as Action } from '../../src/gen/flyteidl2/trigger/trigger_definition_pb.js';
import { expectError, suites } from '../rpc/harness.ts';
import { newName, PLACE } from '../rpc/requests.ts';
import {
  deploy,
  newTask,
  rate,
  type TaskClients,
  taskClients,
  taskId,
  trigger,
  triggerName,
  yearly,
} from './requests.ts';

suites('TriggerService', {}, (suite) => {
  let clients: TaskClients;
  let task: string;
  beforeAll(async () => {
    clients = taskClients(suite);
    task = newTask();
    await deploy(clients, task);
    await deploy(clients, task, 'v2');
  });

  const make = (
    name: string,
    more: { spec?: object; automationSpec?: object; revision?: bigint } = {},
    of = task,
  ) =>
    clients.triggers.deployTrigger({
      name: triggerName(of, name),
      automationSpec: yearly(),
      ...more,
      spec: { active: true, taskVersion: 'v1', ...more.spec },
    });
  const details = async (name: string, of = task) =>
    (await clients.triggers.getTriggerDetails({ name: triggerName(of, name) })).trigger;
  const history = async (name: string, of = task, request: object = {}) =>
    clients.triggers.getTriggerRevisionHistory({ name: triggerName(of, name), request });

  it('keeps what was deployed, and answers it', async () => {
    const name = newName('t');
    const spec = {
      description: 'each January',
      inputWrapper: { case: 'inputs', value: { literals: [{ name: 'x' }] } },
      runSpec: { queue: 'fast', labels: { values: { a: 'b' } } },
    };
    const { trigger: made } = await make(name, { spec, automationSpec: yearly('when') });
    expect(made).toMatchObject({
      id: { name: triggerName(task, name), revision: 1n },
      spec: { active: true, taskVersion: 'v1', ...spec, inputWrapper: { case: 'inputs' } },
      automationSpec: { type: Type.TYPE_SCHEDULE },
      metadata: { deployedBy: {}, updatedBy: {} },
      description: 'each January',
    });
    expect(made?.status?.deployedAt).toEqual(made?.status?.updatedAt);
    expect([made?.status?.triggeredAt, made?.status?.deletedAt]).toEqual([undefined, undefined]);
    expect(await details(name)).toEqual(made);
  });

  it('makes a revision of every change, and keeps all of them', async () => {
    const name = newName('t');
    await make(name);
    const names = [triggerName(task, name)];
    await clients.triggers.updateTriggers({ names, active: false });
    await clients.triggers.updateTriggers({ names, active: false });
    expect(await details(name)).toMatchObject({ id: { revision: 2n }, spec: { active: false } });
    await clients.triggers.updateTriggers({ names, active: true });
    await make(name, { spec: { taskVersion: 'v2' }, automationSpec: rate(3) });
    await clients.triggers.deleteTriggers({ names });
    await clients.triggers.deleteTriggers({ names });
    await expectError(details(name), Code.NotFound, /there is no trigger/);
    await expectError(clients.triggers.updateTriggers({ names, active: true }), Code.NotFound);
    const all = await history(name);
    expect(all.triggers.map(({ id, action }) => [id?.revision, action])).toEqual([
      [5n, Action.DELETE],
      [4n, Action.DEPLOY],
      [3n, Action.ACTIVATE],
      [2n, Action.DEACTIVATE],
      [1n, Action.DEPLOY],
    ]);
    expect(all.triggers[0]?.status?.deletedAt).toBeDefined();
    const first = await history(name, task, { limit: 2 });
    const second = await history(name, task, { limit: 3, token: first.token });
    expect([...first.triggers, ...second.triggers]).toEqual(all.triggers);
    expect(second.token).toBe('');
    const revision = async (n: bigint) =>
      (
        await clients.triggers.getTriggerRevisionDetails({
          id: { name: triggerName(task, name), revision: n },
        })
      ).trigger;
    expect(await revision(2n)).toMatchObject({ spec: { active: false, taskVersion: 'v1' } });
    expect(await revision(4n)).toMatchObject({
      id: { revision: 4n },
      spec: { active: true, taskVersion: 'v2' },
      automationSpec: rate(3),
    });
    await expectError(revision(9n), Code.NotFound, /there is no revision 9 of trigger/);
    await expectError(revision(2n ** 60n), Code.NotFound);
    expect((await make(name)).trigger?.id?.revision).toBe(6n);
  });

  it('lets only one of two changes through that know the same revision', async () => {
    const name = newName('t');
    await make(name);
    const outcomes = await Promise.all(
      [1, 2, 3].map(() =>
        make(name, { revision: 1n }).then(
          ({ trigger: made }) => Number(made?.id?.revision),
          (error: { code: Code }) => Code[error.code],
        ),
      ),
    );
    expect(outcomes.map(String).sort()).toEqual(['2', 'Aborted', 'Aborted']);
    await expectError(make(name, { revision: 1n }), Code.Aborted, /is at revision 2, not 1; read it again/);
    await expectError(make(newName('t'), { revision: 1n }), Code.NotFound, /there is no trigger/);
  });

  it('changes all of the named triggers or none', async () => {
    const name = newName('t');
    await make(name);
    const names = [triggerName(task, name), triggerName(task, 'missing')];
    const sentence = /there is no trigger "missing" of task/;
    await expectError(clients.triggers.updateTriggers({ names, active: false }), Code.NotFound, sentence);
    await expectError(clients.triggers.deleteTriggers({ names }), Code.NotFound, sentence);
    expect(await details(name)).toMatchObject({ id: { revision: 1n }, spec: { active: true } });
  });

  it('lists triggers by scope, filter and order, in pages', async () => {
    const [one, two] = [newTask(), newTask()];
    const project = newName('project');
    for (const name of [one, two]) {
      await deploy(clients, name, 'v1', {
        taskId: { ...taskId(name), project },
        triggers: ['a', 'b', 'c'].map((t) => trigger(t, t === 'c' ? rate(1) : yearly(), t !== 'b')),
      });
    }
    await clients.triggers.deleteTriggers({ names: [{ ...triggerName(two, 'a'), project }] });
    const place = { ...PLACE, project };
    const list = async (scopeBy: object, request: object = {}) => {
      const page = await clients.triggers.listTriggers({ scopeBy: scopeBy as never, request });
      return page.triggers.map(({ id }) => `${id?.name?.taskName === one ? 1 : 2}${id?.name?.name}`);
    };
    const inProject = {
      case: 'projectId',
      value: { organization: PLACE.org, name: project, domain: PLACE.domain },
    };
    expect(await list(inProject)).toEqual(['2c', '2b', '1c', '1b', '1a']);
    const byName = {
      sortByFields: ['name', 'task_name'].map((key) => ({ key, direction: Sort_Direction.ASCENDING })),
    };
    expect(await list(inProject, byName)).toEqual(['1a', '1b', '2b', '1c', '2c']);
    expect(await list({ case: 'taskName', value: { ...place, name: one } })).toEqual(['1c', '1b', '1a']);
    expect(await list({ case: 'taskId', value: { ...place, name: one, version: 'v1' } })).toHaveLength(3);
    expect(await list({ case: 'taskId', value: { ...place, name: one, version: 'v2' } })).toEqual([]);
    const filter = (field: string, value: string) => ({
      filters: [{ function: Fn.EQUAL, field, values: [value] }],
    });
    expect(await list(inProject, filter('active', 'false'))).toEqual(['2b', '1b']);
    expect(await list(inProject, filter('automation_type', 'SCHEDULE'))).toHaveLength(5);
    expect(await list({ case: 'org', value: PLACE.org }, filter('task_name', two))).toEqual(['2c', '2b']);
    for (let limit = 1; limit <= 5; limit++) {
      const seen: bigint[] = [];
      let token = '';
      do {
        const page = await clients.triggers.listTriggers({
          scopeBy: inProject as never,
          request: { limit, token },
        });
        seen.push(...page.triggers.map(({ status }) => status?.deployedAt?.seconds ?? 0n));
        token = page.token;
      } while (token !== '');
      expect(seen).toHaveLength(5);
    }
    await expectError(
      list(inProject, filter('colour', 'red')),
      Code.InvalidArgument,
      /unknown filter field "colour" of triggers; known are name, task_name/,
    );
  });

  it('a later version of a task replaces the triggers that came with it, and leaves the others', async () => {
    const name = newTask();
    await deploy(clients, name, 'v1', { triggers: [trigger('stays'), trigger('goes')] });
    await make('by-hand', {}, name);
    await deploy(clients, name, 'v2', { triggers: [trigger('stays'), trigger('new')] });
    const listed = await clients.triggers.listTriggers({
      scopeBy: { case: 'taskName', value: { ...PLACE, name } },
    });
    expect(listed.triggers.map(({ id }) => [id?.name?.name, id?.revision]).sort()).toEqual([
      ['by-hand', 1n],
      ['new', 1n],
      ['stays', 2n],
    ]);
    expect((await details('stays', name))?.spec?.taskVersion).toBe('v2');
    expect((await details('by-hand', name))?.spec?.taskVersion).toBe('v1');
    expect((await history('goes', name)).triggers[0]?.action).toBe(Action.DELETE);
    await deploy(clients, name, 'v3');
    expect((await details('stays', name))?.id?.revision).toBe(2n);
  });
});

suites('organizations', { organizations: 'separate', over: ['Connect over HTTP/1.1'] }, (suite) => {
  it('tell tasks and triggers apart', async () => {
    const clients = taskClients(suite);
    const name = newTask();
    const other = { ...taskId(name), org: 'other' };
    await deploy(clients, name, 'v1', { triggers: [trigger('t')] });
    await expectError(clients.tasks.getTaskDetails({ taskId: other }), Code.NotFound);
    await deploy(clients, name, 'v1', { taskId: other });
    const { version: _, ...taskName } = other;
    const listed = await clients.triggers.listTriggers({ scopeBy: { case: 'taskName', value: taskName } });
    expect(listed.triggers).toEqual([]);
    await expectError(
      clients.triggers.getTriggerDetails({ name: { ...triggerName(name, 't'), org: 'other' } }),
      Code.NotFound,
    );
  });
});
