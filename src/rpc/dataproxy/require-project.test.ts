import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSqliteFile } from '../../../test/support/databases.ts';
import { ProjectState } from '../../gen/flyteidl2/project/project_service_pb.js';
import { migrate } from '../../repository/database.ts';
import type { Dialect } from '../../repository/dialects/dialect.ts';
import { openSqlite } from '../../repository/dialects/sqlite.ts';
import { insertProject } from '../../repository/projects.ts';
import { instantFromMicros } from '../../runs/instant.ts';
import { createProjectCheck } from './require-project.ts';

let file: Awaited<ReturnType<typeof createSqliteFile>>;
let dialect: Dialect;

beforeAll(async () => {
  file = await createSqliteFile();
  dialect = openSqlite({ file: file.file, busyTimeoutMs: 1000 });
  await migrate(dialect);
  const now = instantFromMicros(0n);
  const rest = {
    org_key: '',
    org: 'o',
    name: '',
    description: '',
    labels: '{}',
    created_at: now,
    updated_at: now,
  };
  await insertProject(dialect.writer, { ...rest, id: 'active', state: ProjectState.ACTIVE });
  await insertProject(dialect.writer, { ...rest, id: 'archived', state: ProjectState.ARCHIVED });
});

afterAll(async () => {
  await dialect?.close();
  await file?.drop();
});

const check = (autoCreate: boolean) =>
  createProjectCheck({
    reader: dialect.reader,
    domains: ['development'],
    organizations: 'shared',
    autoCreate,
  });

it('lets uploads into projects that exist, or will', async () => {
  await check(false)('any', 'active', 'development');
  await check(true)('any', 'new', 'development');
});

it.each([
  [false, 'new', 'development', 'there is no project "new"; create it first'],
  [true, 'active', 'dev', 'there is no domain "dev"; domains are development'],
  [true, 'archived', 'development', 'project "archived" is archived'],
  [true, 'No/Name', 'development', 'project "No/Name" must be 1 to 63 lower-case'],
])('refuses others (auto-create %s, %s, %s)', async (autoCreate, project, domain, message) => {
  await expect(check(autoCreate)('any', project, domain)).rejects.toThrow(message);
});
