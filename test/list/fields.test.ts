import { describe, expect, it } from 'vitest';
import { ACTION_LISTS, RUN_LISTS } from '../../src/repository/read/list-indexes.ts';
import { tables } from '../../src/repository/tables.ts';
import { ACTION_FIELDS, RUN_FIELDS } from '../../src/runs/filter-fields.ts';

describe.each([
  { lists: RUN_LISTS, table: RUN_FIELDS, columns: tables.runs as Record<string, string> },
  { lists: ACTION_LISTS, table: ACTION_FIELDS, columns: tables.actions as Record<string, string> },
])('the fields of $table.what', ({ lists, table, columns }) => {
  it('stand in columns that there are', () => {
    const named = [
      ...table.fields.flatMap(({ column }) => column ?? []),
      ...table.ties,
      ...table.createdTies,
    ];
    expect(named.filter((column) => columns[column] === undefined)).toEqual([]);
    expect(
      lists.indexes.flatMap((index) => index.columns).filter((column) => columns[column] === undefined),
    ).toEqual([]);
  });

  it('are sorted by only if a missing value has a place in the order', () => {
    const sortable = table.fields.filter(({ sortable }) => sortable).flatMap(({ column }) => column ?? []);
    const nullable = sortable.filter((column) => columns[column]?.endsWith('?'));
    expect(nullable.filter((column) => lists.standIns[column] === undefined)).toEqual([]);
  });

  it('have one name each', () => {
    const names = table.fields.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(names.map((name) => name.toLowerCase()));
  });
});
