import { Code } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import { expectError, suites } from './harness.ts';
import { createRunRequest, event, newName, PLACE, Phase, taskRequest, taskSpec } from './requests.ts';

const inOrg = (org: string, name: string) => ({ ...PLACE, org, name });
const request = (org: string, name: string, queue = '') =>
  createRunRequest(name, { id: { case: 'runId', value: inOrg(org, name) }, runSpec: { queue } });

suites('Shared organizations', {}, (suite) => {
  test('whatever a client calls its organization, it is the same run', async () => {
    const name = newName();
    const first = await suite.runs.createRun(request('127', name));
    expect(first.run?.action?.id?.run?.org).toBe('127');
    for (const org of ['', 'x', '127']) {
      expect(await suite.runs.createRun(request(org, name))).toEqual(first);
      const { details } = await suite.runs.getRunDetails({ runId: inOrg(org, name) });
      expect(details?.action?.id?.run).toMatchObject(inOrg('127', name));
      await expectError(suite.runs.createRun(request(org, name, 'other')), Code.AlreadyExists);
    }
    await suite.internal.recordAction({
      ...taskRequest(name, 'a1'),
      actionId: { run: inOrg('elsewhere', name), name: 'a1' },
    });
    const { actions } = await suite.runs.listActions({ runId: inOrg('', name) });
    expect(actions.map(({ id }) => [id?.run?.org, id?.name])).toEqual(
      expect.arrayContaining([
        ['127', 'a0'],
        ['127', 'a1'],
      ]),
    );
    const { status } = await suite.internal.recordActionEvents({
      events: [{ ...event(name, 'a1', Phase.RUNNING), id: { run: inOrg('', name), name: 'a1' } }],
    });
    expect(status?.code).toBe(0);
  });

  test('one that names none gets the default', async () => {
    const name = newName();
    const { run } = await suite.runs.createRun(request('', name));
    expect(run?.action?.id?.run?.org).toBe('default');
    const place = { organization: '', domain: PLACE.domain, name: PLACE.project };
    const generated = await suite.runs.createRun(
      createRunRequest('', { id: { case: 'projectId', value: place } }),
    );
    expect(generated.run?.action?.id?.run?.org).toBe('default');
  });

  test('lists of any organization, or of none, show all of them', async () => {
    const names = [newName(), newName()];
    await suite.runs.createRun(request('127', names[0] ?? ''));
    await suite.runs.createRun(request('acme', names[1] ?? ''));
    for (const scopeBy of [
      { case: 'org', value: 'x' },
      { case: 'org', value: '' },
      { case: 'projectId', value: { organization: '', domain: PLACE.domain, name: PLACE.project } },
    ] as const) {
      const { runs } = await suite.runs.listRuns({ scopeBy, request: { limit: 1000 } });
      expect(runs.map(({ action }) => action?.id?.run?.name)).toEqual(expect.arrayContaining(names));
    }
  });
});

suites('Separate organizations', { organizations: 'separate' }, (suite) => {
  test('the same name in two of them names two runs', async () => {
    const name = newName();
    const a = await suite.runs.createRun(request('a', name));
    const b = await suite.runs.createRun(request('b', name, 'other'));
    expect([a, b].map(({ run }) => run?.action?.id?.run?.org)).toEqual(['a', 'b']);
    await suite.runs.abortRun({ runId: inOrg('a', name) });
    const phases = await Promise.all(
      ['a', 'b'].map(
        async (org) =>
          (await suite.runs.getRunDetails({ runId: inOrg(org, name) })).details?.action?.status?.phase,
      ),
    );
    expect(phases).toEqual([Phase.ABORTED, Phase.QUEUED]);
    await expectError(suite.runs.getRunDetails({ runId: inOrg('c', name) }), Code.NotFound);
  });

  test('requests that name none are refused', async () => {
    const name = newName();
    await suite.runs.createRun(request('a', name));
    const id = { run: inOrg('', name), name: 'a0' };
    const place = { organization: '', domain: PLACE.domain, name: PLACE.project };
    const calls: (() => Promise<unknown>)[] = [
      () => suite.runs.createRun(request('', newName())),
      () => suite.runs.createRun(createRunRequest('', { id: { case: 'projectId', value: place } })),
      () => suite.runs.getRunDetails({ runId: inOrg('', name) }),
      () => suite.runs.getActionDetails({ actionId: id }),
      () => suite.runs.abortRun({ runId: inOrg('', name) }),
      () => suite.runs.listRuns({ scopeBy: { case: 'org', value: '' } }),
      () => suite.runs.listRuns({ scopeBy: { case: 'projectId', value: place } }),
      () => suite.runs.listActions({ runId: inOrg('', name) }),
      () => suite.internal.recordAction({ ...taskRequest(name, 'a1'), actionId: id }),
      () =>
        suite.tracked.createRun({
          id: { case: 'runId', value: inOrg('', newName()) },
          task: { case: 'taskSpec', value: taskSpec() },
        }),
      () => suite.projects.createProject({ project: { id: newName('p') } }),
      () =>
        suite.data.createUploadLocation({ ...PLACE, org: '', filename: 'f', contentMd5: new Uint8Array(16) }),
    ];
    for (const call of calls) await expectError(call(), Code.InvalidArgument, /org/);
  });

  test('lists show one organization only', async () => {
    const org = newName('o');
    const names = [newName(), newName()];
    for (const name of names) await suite.runs.createRun(request(org, name));
    await suite.runs.createRun(request('another', newName()));
    const scopes = [
      { case: 'org', value: org },
      { case: 'projectId', value: { organization: org, domain: PLACE.domain, name: PLACE.project } },
      { case: 'taskName', value: { ...PLACE, org, name: 'my_env.my_task' } },
    ] as const;
    for (const scopeBy of scopes) {
      const { runs } = await suite.runs.listRuns({ scopeBy });
      expect(runs.map(({ action }) => action?.id?.run?.name)).toEqual(names.toReversed());
    }
    const { projects } = await suite.projects.listProjects({ org });
    expect(projects?.projects.map(({ id }) => id)).toEqual([PLACE.project]);
  });

  test('a name that is too long for an organization is refused', async () => {
    const long = Array.from({ length: 10_000 }, (_, i) => ((i * i * 31 + i * 7) % 36).toString(36)).join('');
    const place = { organization: long, domain: PLACE.domain, name: PLACE.project };
    const run = createRunRequest('', { id: { case: 'projectId', value: place } });
    await expectError(suite.runs.createRun(run), Code.InvalidArgument, /org/);
    const project = { id: newName('p'), org: long };
    await expectError(suite.projects.createProject({ project }), Code.InvalidArgument, /org/);
  });
});
