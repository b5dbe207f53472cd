import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/repository/open.ts';
import { runSteps } from '../../src/repository/dialects/steps.ts';
import type { Row } from '../../src/repository/schema.ts';
import { insertRows, insertSteps, updateSteps } from '../../src/repository/write/rows.ts';
import { dialects } from '../support/databases.ts';
import { at } from './fixtures.ts';
import { useRepository } from './repository.ts';

const project = (id: string, more: Partial<Row<'projects'>> = {}): Row<'projects'> => ({
  org_key: '',
  org: 'acme',
  id,
  name: id,
  description: '',
  labels: '{}',
  state: 0,
  created_at: at(0),
  updated_at: at(1),
  ...more,
});

const TEXTS = ['', 'NULL', '"', '\\', '\\"', '{}', 'a,b', ' x ', 'line\nbreak', "it's", 'ü€😀', '$1', '?'];

describe.each(dialects)('steps on $name', ({ create }) => {
  const repository = useRepository(create);
  const ids = async (...like: string[]) => {
    const rows = await repository.dialect.reader.selectFrom('projects').select('id').execute();
    return rows
      .map(({ id }) => id)
      .filter((id) => like.some((prefix) => id.startsWith(prefix)))
      .sort();
  };

  it('write every text, number, time and JSON as it is', async () => {
    const { dialect } = repository;
    const rows = TEXTS.map((text, i) =>
      project(`text-${i}`, {
        name: text,
        description: text,
        labels: JSON.stringify({ text }),
        state: i,
        created_at: at(i),
      }),
    );
    await insertRows(dialect, dialect.writer, 'projects', rows);
    const found = await dialect.reader
      .selectFrom('projects')
      .selectAll()
      .where('id', 'like', 'text-%')
      .execute();
    const byState = found.sort((a, b) => a.state - b.state);
    expect(byState.map(({ labels, ...row }) => ({ ...row, labels: JSON.parse(labels) }))).toEqual(
      rows.map(({ labels, ...row }) => ({ ...row, labels: JSON.parse(labels) })),
    );
  });

  it('tell bytes that are none from no bytes, and replace half a character', async () => {
    const { dialect } = repository;
    const specs = [
      { digest: 'none', spec: new Uint8Array() },
      { digest: 'some', spec: new Uint8Array([0, 1, 255, 92, 34]) },
      { digest: 'half \ud83d', spec: new Uint8Array([1]) },
    ];
    await insertRows(dialect, dialect.writer, 'task_specs', specs);
    const found = await dialect.reader.selectFrom('task_specs').selectAll().execute();
    const plain = found.map(({ digest, spec }) => [digest, [...spec]]).sort();
    expect(plain).toEqual([
      ['half \ufffd', [1]],
      ['none', []],
      ['some', [0, 1, 255, 92, 34]],
    ]);
  });

  it('come in parts when there are many rows, and answer what was new', async () => {
    const { dialect } = repository;
    const specs = Array.from({ length: 2500 }, (_, i) => ({
      digest: `d${i}`,
      spec: new Uint8Array([i % 256]),
    }));
    await insertRows(dialect, dialect.writer, 'task_specs', specs.slice(0, 10));
    const added = await insertRows(dialect, dialect.writer, 'task_specs', specs, {
      ignoreConflicts: true,
      returning: 'digest',
    });
    expect(added.map(({ digest }) => digest)).toEqual(specs.slice(10).map(({ digest }) => digest));
  });

  it('update the rows that have the keys, others not', async () => {
    const { dialect } = repository;
    await insertRows(dialect, dialect.writer, 'projects', [project('u1'), project('u2'), project('u3')]);
    const found = async () =>
      (
        await dialect.reader
          .selectFrom('projects')
          .select(['id', 'name', 'state'])
          .where('id', 'like', 'u_')
          .execute()
      )
        .map(({ id, name, state }) => `${id} ${name} ${state}`)
        .sort();
    const changed = [
      project('u1', { name: 'one', state: 1 }),
      project('u3', { name: 'three', state: 3 }),
      project('u9', { name: 'nobody' }),
    ];
    await runSteps(
      dialect.writer,
      updateSteps(dialect, 'projects', ['name', 'state'], changed, ['org_key', 'id']),
    );
    expect(await found()).toEqual(['u1 one 1', 'u2 u2 0', 'u3 three 3']);
  });

  it.each([true, false])('leave nothing when one of them fails; last: %s', async (last) => {
    const { dialect } = repository;
    const [before, twice, after] = [`a-${last}`, `b-${last}`, `c-${last}`];
    await insertRows(dialect, dialect.writer, 'projects', [project(twice)]);
    const steps = [before, twice, after].flatMap((id) => insertSteps(dialect, 'projects', [project(id)]));
    const failure = await dialect.writer
      .transaction()
      .execute(async (db) => {
        await runSteps(db, insertSteps(dialect, 'projects', [project(`0-${last}`)]));
        await runSteps(db, steps, { last });
      })
      .catch((error: unknown) => error);
    expect(dialect.isUniqueViolation(failure)).toBe(true);
    expect(
      await ids('0-', 'a-', 'b-', 'c-').then((all) => all.filter((id) => id.endsWith(`-${last}`))),
    ).toEqual([twice]);
    await dialect.writer
      .transaction()
      .execute((db) => runSteps(db, insertSteps(dialect, 'projects', [project(before)]), { last }));
    expect(await ids(before)).toEqual([before]);
  });

  it('that only read may begin a transaction, which is undone all the same', async () => {
    const { dialect } = repository;
    const columns = [{ name: 'id', kind: 'text' }] as const;
    const text = `select p.id from ${dialect.texts.list(columns)} join projects as p on p.id = u.id`;
    const rows = [{ id: 'r1' }, { id: 'r2' }];
    await insertRows(dialect, dialect.writer, 'projects', [project('r1')]);
    const undone = dialect.writer.transaction().execute(async (db) => {
      const found = await runSteps(db, [{ text, columns, rows, listed: true }], { reading: true });
      expect(found).toEqual([[{ id: 'r1' }]]);
      await insertRows(dialect, db, 'projects', [project('r2')]);
      throw new Error('no');
    });
    await expect(undone).rejects.toThrow('no');
    expect(await ids('r')).toEqual(['r1']);
  });

  it('get ids that nobody else gets, and the newest where that was asked for', async () => {
    const { dialect, database } = repository;
    const other = await openDatabase(database.config, 'shared');
    try {
      const given: number[] = [];
      for (const count of [1, 3, 999, 1, 1500, 2]) {
        given.push(...(await dialect.allocateIds(dialect.writer, count)));
        given.push(...(await other.allocateIds(other.writer, count)));
      }
      expect(new Set(given).size).toBe(given.length);
      const newest = await dialect.allocateIds(dialect.writer, 3, { newest: true });
      expect(Math.min(...newest)).toBeGreaterThan(Math.max(...given));
      expect(newest).toEqual([...newest].sort((a, b) => a - b));
    } finally {
      await other.close();
    }
  });
});
