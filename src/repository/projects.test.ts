import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dialects, type TestDatabase } from '../../test/support/databases.ts';
import { migrate } from './database.ts';
import { openPostgres } from './dialects/postgres.ts';
import { openSqlite } from './dialects/sqlite.ts';
import type { Dialect } from './dialects/dialect.ts';
import {
  findProject,
  insertProject,
  listProjects,
  type ProjectFilter,
  type ProjectOrderColumn,
  type ProjectRow,
  updateProject,
} from './projects.ts';

const time = (micros: number) => `2026-11-21T00:00:00.${String(micros).padStart(6, '0')}Z`;

const row = (id: string, more: Partial<ProjectRow> = {}): ProjectRow => ({
  org_key: '',
  org: 'acme',
  id,
  name: `name of ${id}`,
  description: '',
  labels: '{}',
  state: 0,
  created_at: time(1),
  updated_at: time(1),
  ...more,
});

describe.each(dialects)('projects on $name', ({ create }) => {
  let database: TestDatabase;
  let dialect: Dialect;

  beforeAll(async () => {
    database = await create();
    const { config } = database;
    dialect =
      config.kind === 'sqlite'
        ? openSqlite({ file: config.file, busyTimeoutMs: 1000 })
        : openPostgres({
            ...config,
            acquireTimeoutMs: 10_000,
            statementTimeoutMs: 30_000,
            lockTimeoutMs: 30_000,
          });
    await migrate(dialect);
    for (const project of [
      row('alpha', { created_at: time(3), labels: '{"team":"a"}' }),
      row('beta', { created_at: time(2), state: 1, description: '100% of _ it' }),
      row('gamma', { created_at: time(2), updated_at: time(9) }),
      row('delta', { created_at: time(4), name: 'Delta' }),
      row('alpha', { org_key: 'other', org: 'other' }),
    ]) {
      expect(await insertProject(dialect.writer, project)).toBe(true);
    }
  });

  afterAll(async () => {
    await dialect?.close();
    await database?.drop();
  });

  const list = (
    filters: ProjectFilter[] = [],
    order: { column: ProjectOrderColumn; descending: boolean } = { column: 'id', descending: false },
    after?: { value: string; id: string },
    limit = 100,
  ) => listProjects(dialect.reader, { orgKey: '', filters, order, after, limit });

  const ids = async (...args: Parameters<typeof list>) => (await list(...args)).map((project) => project.id);

  it('keeps what it was given', async () => {
    const found = await findProject(dialect.reader, { org_key: '', id: 'alpha' });
    expect({ ...found, labels: JSON.parse(found?.labels ?? '') }).toEqual({
      ...row('alpha', { created_at: time(3) }),
      labels: { team: 'a' },
    });
    expect(await findProject(dialect.reader, { org_key: '', id: 'none' })).toBeUndefined();
  });

  it('takes a key once', async () => {
    expect(await insertProject(dialect.writer, row('beta', { name: 'another' }))).toBe(false);
    expect((await findProject(dialect.reader, { org_key: '', id: 'beta' }))?.name).toBe('name of beta');
  });

  it('updates one project and says when there is none', async () => {
    const change = { name: 'new', description: 'd', labels: '{}', state: 1, updated_at: time(5) };
    await insertProject(dialect.writer, row('epsilon', { org_key: 'third' }));
    expect(await updateProject(dialect.writer, { org_key: 'third', id: 'epsilon' }, change)).toBe(true);
    expect(await findProject(dialect.reader, { org_key: 'third', id: 'epsilon' })).toEqual(
      row('epsilon', { org_key: 'third', ...change }),
    );
    expect(await updateProject(dialect.writer, { org_key: '', id: 'epsilon' }, change)).toBe(false);
  });

  it.each<[string, ProjectFilter, string[]]>([
    ['=', { column: 'id', operator: '=', value: 'beta' }, ['beta']],
    ['!=', { column: 'state', operator: '!=', value: 1 }, ['alpha', 'delta', 'gamma']],
    ['<', { column: 'created_at', operator: '<', value: time(3) }, ['beta', 'gamma']],
    ['<=', { column: 'created_at', operator: '<=', value: time(3) }, ['alpha', 'beta', 'gamma']],
    ['>', { column: 'updated_at', operator: '>', value: time(1) }, ['gamma']],
    ['>=', { column: 'id', operator: '>=', value: 'delta' }, ['delta', 'gamma']],
    ['in', { column: 'state', operator: 'in', values: [1, 2] }, ['beta']],
    ['in, text', { column: 'id', operator: 'in', values: ['beta', 'delta'] }, ['beta', 'delta']],
    ['contains', { column: 'name', operator: 'contains', value: 'elta' }, ['delta']],
    ['contains, case', { column: 'name', operator: 'contains', value: 'delta' }, []],
    ['contains %', { column: 'description', operator: 'contains', value: '0%' }, ['beta']],
    ['contains _', { column: 'description', operator: 'contains', value: '_' }, ['beta']],
  ])('filters by %s', async (_, filter, expected) => {
    expect(await ids([filter])).toEqual(expected);
  });

  it('needs all filters to hold', async () => {
    expect(
      await ids([
        { column: 'state', operator: '=', value: 0 },
        { column: 'created_at', operator: '<', value: time(4) },
      ]),
    ).toEqual(['alpha', 'gamma']);
  });

  it.each<[ProjectOrderColumn, boolean, string[]]>([
    ['id', false, ['alpha', 'beta', 'delta', 'gamma']],
    ['id', true, ['gamma', 'delta', 'beta', 'alpha']],
    ['created_at', false, ['beta', 'gamma', 'alpha', 'delta']],
    ['created_at', true, ['delta', 'alpha', 'beta', 'gamma']],
    ['updated_at', true, ['gamma', 'alpha', 'beta', 'delta']],
  ])('orders by %s (descending: %s), in pages of any size', async (column, descending, expected) => {
    for (let limit = 1; limit <= 4; limit++) {
      const seen: string[] = [];
      let after: { value: string; id: string } | undefined;
      for (let page = 0; page < 9; page++) {
        const rows = await list([], { column, descending }, after, limit);
        seen.push(...rows.map((project) => project.id));
        const last = rows.at(-1);
        if (!last) break;
        after = { value: last[column], id: last.id };
      }
      expect(seen).toEqual(expected);
    }
  });
});
