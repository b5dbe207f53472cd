import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { Code, createClient } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSqliteFile, type TestDatabase } from '../../../test/support/databases.ts';
import { inMemoryTransport, refusal } from '../../../test/storage/in-memory.ts';
import { Sort_Direction } from '../../gen/flyteidl2/common/list_pb.js';
import {
  type ListProjectsRequestSchema,
  ProjectSchema,
  ProjectService,
  ProjectState,
} from '../../gen/flyteidl2/project/project_service_pb.js';
import { migrate } from '../../repository/database.ts';
import type { Dialect } from '../../repository/dialects/dialect.ts';
import { openSqlite } from '../../repository/dialects/sqlite.ts';
import { instantFromMicros } from '../../runs/instant.ts';
import type { ProjectDeps } from './deps.ts';
import { createProjectService } from './index.ts';

let database: TestDatabase;
let dialect: Dialect;
let micros = 0n;

beforeAll(async () => {
  const file = await createSqliteFile();
  database = file;
  dialect = openSqlite({ file: file.file, busyTimeoutMs: 1000 });
  await migrate(dialect);
});

afterAll(async () => {
  await dialect?.close();
  await database?.drop();
});

function clientOf(more: Partial<ProjectDeps> = {}) {
  const service = createProjectService({
    reader: dialect.reader,
    write: (work) => dialect.writer.transaction().execute(work),
    clock: () => instantFromMicros(micros++),
    domains: ['development', 'production'],
    organizations: 'shared',
    defaultOrganization: 'default',
    ...more,
  });
  const transport = inMemoryTransport((router) => router.service(ProjectService, service));
  return createClient(ProjectService, transport);
}

describe('create, get and update', () => {
  it('answers what was created, with the configured domains', async () => {
    const client = clientOf();
    const project = { id: 'one', name: 'One', description: 'the first', labels: { values: { team: 'a' } } };
    await client.createProject({ project });
    const answer = await client.getProject({ id: 'one', org: 'whatever' });
    expect(answer.project).toEqual(
      create(ProjectSchema, {
        ...project,
        org: 'default',
        domains: [
          { id: 'development', name: 'development' },
          { id: 'production', name: 'production' },
        ],
      }),
    );
  });

  it('archives a project as the SDK does: read, change, send back', async () => {
    const client = clientOf();
    await client.createProject({ project: { id: 'two', org: 'acme' } });
    const { project } = await client.getProject({ id: 'two' });
    expect([project?.name, project?.org, project?.state]).toEqual(['two', 'acme', ProjectState.ACTIVE]);
    if (!project) return;
    await client.updateProject({ project: { ...project, state: ProjectState.ARCHIVED, description: 'old' } });
    const after = await client.getProject({ id: 'two' });
    expect(after.project).toEqual({ ...project, state: ProjectState.ARCHIVED, description: 'old' });
  });

  it('refuses a second project of the same id, whatever the organization', async () => {
    const client = clientOf();
    await client.createProject({ project: { id: 'three' } });
    expect(await refusal(client.createProject({ project: { id: 'three', org: 'else' } }))).toEqual([
      Code.AlreadyExists,
      'project "three" already exists',
    ]);
  });

  it('says what is not there', async () => {
    const client = clientOf();
    const missing = [Code.NotFound, 'there is no project "none"'];
    expect(await refusal(client.getProject({ id: 'none' }))).toEqual(missing);
    expect(await refusal(client.updateProject({ project: { id: 'none' } }))).toEqual(missing);
  });

  it.each<[string, MessageInitShape<typeof ProjectSchema> | undefined, RegExp]>([
    ['nothing', undefined, /^project must be set/],
    ['no id', {}, /^project\.id "" must be 1 to 63/],
    ['a long id', { id: 'a'.repeat(64) }, /^project\.id /],
    ['capitals', { id: 'One' }, /^project\.id "One"/],
    ['an outer hyphen', { id: 'a-' }, /^project\.id "a-"/],
    ['a path', { id: '../a' }, /^project\.id/],
    ['a long name', { id: 'a', name: 'é'.repeat(128) }, /^project\.name is longer than 255 bytes/],
    ['NUL', { id: 'a', description: '\0' }, /^project\.description must not contain NUL/],
    ['an unknown state', { id: 'a', state: 7 as ProjectState }, /^project\.state 7/],
    ['other domains', { id: 'a', domains: [{ id: 'x' }] }, /every project has development, production/],
    ['a label without key', { id: 'a', labels: { values: { '': 'x' } } }, /label without a key/],
    [
      'many labels',
      {
        id: 'a',
        labels: { values: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, ''])) },
      },
      /more than 64 labels/,
    ],
  ])('refuses %s', async (_, project, message) => {
    const client = clientOf();
    for (const call of [client.createProject({ project }), client.updateProject({ project })]) {
      const [code, text] = await refusal(call);
      expect(code).toBe(Code.InvalidArgument);
      expect(text).toMatch(message);
    }
  });
});

describe('separate organizations', () => {
  it('keep projects of the same id apart, and must be named', async () => {
    const client = clientOf({ organizations: 'separate' });
    await client.createProject({ project: { id: 'same', org: 'a', name: 'of a' } });
    await client.createProject({ project: { id: 'same', org: 'b', name: 'of b' } });
    expect((await client.getProject({ id: 'same', org: 'a' })).project?.name).toBe('of a');
    const { projects } = await client.listProjects({ org: 'b' });
    expect(projects?.projects.map((project) => project.name)).toEqual(['of b']);
    const unnamed = [
      client.createProject({ project: { id: 'x' } }),
      client.getProject({ id: 'x' }),
      client.listProjects({}),
    ];
    for (const call of unnamed) expect((await refusal(call))[1]).toMatch(/org must be set/);
  });
});

describe('listProjects', () => {
  const org = 'listed';
  const list = (request: MessageInitShape<typeof ListProjectsRequestSchema> = {}) =>
    clientOf({ organizations: 'separate' }).listProjects({ org, ...request });
  const ids = async (request: MessageInitShape<typeof ListProjectsRequestSchema> = {}) =>
    (await list(request)).projects?.projects.map((project) => project.id);

  beforeAll(async () => {
    const client = clientOf({ organizations: 'separate' });
    for (let i = 10; i < 70; i++)
      await client.createProject({ project: { id: `p${i}`, org, state: i % 10 === 0 ? 1 : 0 } });
  });

  it('answers the newest 50 and a token for the rest', async () => {
    const first = await list();
    expect(first.projects?.projects.map(({ id }) => id)).toEqual(
      Array.from({ length: 50 }, (_, i) => `p${69 - i}`),
    );
    const second = await list({ token: first.projects?.token ?? '' });
    expect(second.projects?.projects).toHaveLength(10);
    expect(second.projects?.token).toBe('');
  });

  it('pages through as the SDK does', async () => {
    const seen: string[] = [];
    let token = '';
    do {
      const { projects } = await list({
        limit: 7,
        token,
        filters: 'eq(state, 0)',
        sortBy: { key: 'created_at', direction: Sort_Direction.ASCENDING },
      });
      seen.push(...(projects?.projects ?? []).map(({ id }) => id));
      token = projects?.token ?? '';
    } while (token);
    expect(seen).toEqual(
      Array.from({ length: 60 }, (_, i) => i + 10)
        .filter((i) => i % 10 !== 0)
        .map((i) => `p${i}`),
    );
  });

  it('ends without a token when the last page is full', async () => {
    const { projects } = await list({ limit: 6, filters: 'eq(state, ARCHIVED)', sortBy: { key: 'id' } });
    expect(projects?.projects.map(({ id }) => id)).toEqual(['p60', 'p50', 'p40', 'p30', 'p20', 'p10']);
    expect(projects?.token).toBe('');
    expect(await ids({ filters: 'eq(id, none)' })).toEqual([]);
  });

  it('keeps a page within bounds of bytes', async () => {
    const client = clientOf({ organizations: 'separate' });
    const values = Object.fromEntries(
      Array.from({ length: 64 }, (_, i) => [`${i}`.padEnd(300, 'k'), 'v'.repeat(317)]),
    );
    for (let i = 0; i < 60; i++)
      await client.createProject({ project: { id: `p${i}`, org: 'wide', labels: { values } } });
    const first = (await client.listProjects({ org: 'wide', limit: 60 })).projects;
    const rest = (await client.listProjects({ org: 'wide', limit: 60, token: first?.token ?? '' })).projects;
    expect(first?.projects.length).toBeLessThan(60);
    expect((first?.projects.length ?? 0) + (rest?.projects.length ?? 0)).toBe(60);
  });

  it.each([
    ['a large limit', { limit: 1001 }, /limit must be at most 1000/],
    ['an unknown order', { sortBy: { key: 'state' } }, /known are id, name, created_at, updated_at/],
    ['an unknown filter', { filters: 'eq(owner, me)' }, /unknown field "owner"/],
    ['no token', { token: 'nonsense' }, /token is not one/],
    ['a number as a token', { token: Buffer.from('7').toString('base64url') }, /token is not one/],
  ])('refuses %s', async (_, request, message) => {
    const [code, text] = await refusal(list(request));
    expect(code).toBe(Code.InvalidArgument);
    expect(text).toMatch(message);
  });

  it('refuses a token of another list', async () => {
    const token = (await list({ limit: 1 })).projects?.token ?? '';
    expect(token).not.toBe('');
    for (const other of [{ filters: 'eq(state, 0)' }, { sortBy: { key: 'id' } }, { org: 'b' }]) {
      expect((await refusal(list({ limit: 1, token, ...other })))[1]).toMatch(
        /belongs to a list with other filters/,
      );
    }
    const forged = JSON.parse(Buffer.from(token, 'base64url').toString());
    forged[2] = 'not a time';
    const bad = Buffer.from(JSON.stringify(forged)).toString('base64url');
    expect((await refusal(list({ limit: 1, token: bad })))[1]).toMatch(/token is not one/);
  });
});
