import { Code, createClient } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import { AuthMetadataService } from '../../src/gen/flyteidl2/auth/auth_service_pb.js';
import { IdentityService } from '../../src/gen/flyteidl2/auth/identity_pb.js';
import { ClusterService } from '../../src/gen/flyteidl2/cluster/service_pb.js';
import { SelectClusterRequest_Operation } from '../../src/gen/flyteidl2/cluster/payload_pb.js';
import { ProjectState } from '../../src/gen/flyteidl2/project/project_service_pb.js';
import { expectError, suites } from './harness.ts';
import { createRun, createRunRequest, newName, PLACE, runId } from './requests.ts';

suites('Other services', {}, (suite) => {
  test('ProjectService: create, get, list, archive', async () => {
    const id = newName('p');
    const project = { id, name: 'A project', description: 'ü', labels: { values: { team: 'a' } } };
    await suite.projects.createProject({ project });
    await expectError(suite.projects.createProject({ project }), Code.AlreadyExists);
    const { project: got } = await suite.projects.getProject({ id });
    expect(got).toMatchObject({ ...project, state: ProjectState.ACTIVE });
    expect(got?.domains.map((domain) => domain.id)).toEqual(['development', 'staging', 'production']);
    const { projects } = await suite.projects.listProjects({ limit: 1000 });
    expect(projects?.projects).toContainEqual(got);
    await suite.projects.updateProject({ project: { ...project, state: ProjectState.ARCHIVED } });
    const active = (await suite.projects.listProjects({ limit: 1000, filters: 'eq(state, 0)' })).projects;
    expect(active?.projects.map((one) => one.id)).not.toContain(id);
    await expectError(suite.projects.getProject({ id: 'none' }), Code.NotFound);
  });

  test('a run makes its project', async () => {
    const project = newName('auto');
    await suite.runs.createRun(
      createRunRequest('x', { id: { case: 'runId', value: { ...runId(newName()), project } } }),
    );
    expect((await suite.projects.getProject({ id: project })).project).toMatchObject({
      id: project,
      name: project,
    });
  });

  test('projects, runs and aborts do not disturb each other when all come at once', async () => {
    const calls = Array.from({ length: 20 }, async (_, i) => {
      const run = await createRun(suite);
      await Promise.all([
        suite.projects.createProject({ project: { id: newName('p'), name: `P ${i}` } }),
        suite.runs.abortRun({ runId: runId(run) }),
        suite.runs.getRunDetails({ runId: runId(run) }),
        suite.runs.listRuns({ scopeBy: { case: 'org', value: PLACE.org } }),
        suite.runs.createRun(createRunRequest(newName())),
      ]);
    });
    await Promise.all(calls);
  });

  test('ClusterService: this endpoint, for every operation', async () => {
    const cluster = createClient(ClusterService, suite.transport);
    const operations = Object.values(SelectClusterRequest_Operation).filter((one) => typeof one === 'number');
    const resource = {
      case: 'projectId',
      value: { organization: PLACE.org, domain: PLACE.domain, name: PLACE.project },
    } as const;
    for (const operation of operations.filter((one) => one !== 0)) {
      expect(await cluster.selectCluster({ operation, resource })).toMatchObject({ clusterEndpoint: '' });
    }
  });

  test('IdentityService: everybody is anonymous', async () => {
    const identity = createClient(IdentityService, suite.transport);
    expect(await identity.userInfo({})).toMatchObject({ subject: 'anonymous' });
  });

  test('AuthMetadataService: no login is configured', async () => {
    const auth = createClient(AuthMetadataService, suite.transport);
    for (const call of [auth.getOAuth2Metadata({}), auth.getPublicClientConfig({})]) {
      await expectError(call, Code.Unimplemented, /no login is configured/);
    }
  });
});
