import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { ActionEventSchema } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { readActionDetails } from '../../src/repository/read/details.ts';
import { columnKind, columnNames } from '../../src/repository/schema.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { recordEvents } from '../../src/repository/write/commands/record-events.ts';
import { readClusterEvents } from '../../src/runs/event.ts';
import { timestampOf } from '../../src/runs/instant.ts';
import { dialects } from '../support/databases.ts';
import { newRun, recorded } from './fixtures.ts';
import { actionRow, useRepository } from './repository.ts';

/** The tables that a run with an event writes; all others keep their times in columns of the same kind. */
const WRITTEN = [
  'runs',
  'actions',
  'action_attempts',
  'phase_transitions',
  'cluster_events',
  'changes',
] as const;

describe.each(dialects)('times on $name', ({ create: createDatabase }) => {
  const repository = useRepository(createDatabase);

  it.each([
    ['today', '2026-11-21T00:48:14.123457Z'],
    ['a whole second', '2026-11-21T00:48:14.000000Z'],
    ['one microsecond', '2026-11-21T00:48:14.000001Z'],
    ['before 1970', '1969-12-31T23:59:59.999999Z'],
    ['the first', '0001-01-01T00:00:00.000001Z'],
    ['the last', '9999-12-31T23:59:59.999999Z'],
    ['a leap day', '2024-02-29T12:00:00.500000Z'],
  ])('keep every microsecond: %s', async (name, instant) => {
    const run = `time-${name.replaceAll(' ', '-')}`;
    repository.now = instant;
    const { run: row } = await repository.writer.submit(createRun(newRun(run)));
    const clusterEvents = readClusterEvents(
      create(ActionEventSchema, { clusterEvents: [{ message: 'm', occurredAt: timestampOf(instant) }] }),
      instant,
    );
    const at = { attempt: 1, version: 0, time: instant, fields: {} } as const;
    await repository.writer.submit(
      recordEvents([
        recorded(run, 'a0', { ...at, phase: 'RUNNING' }, { clusterEvents }),
        recorded(run, 'a0', { ...at, phase: 'SUCCEEDED', endTime: instant }),
      ]),
    );

    const { reader } = repository.dialect;
    const seen = new Set<string>();
    for (const table of WRITTEN) {
      const times = columnNames(table).filter((column) => columnKind(table, column) === 'time');
      const rows = await reader.selectFrom(table).selectAll().execute();
      const own = (rows as Record<string, unknown>[]).filter((one) => one.created_at === instant);
      expect(own.length).toBeGreaterThan(0);
      for (const one of own) {
        for (const column of times) {
          if (one[column] === null) continue;
          expect(one[column]).toBe(instant);
          seen.add(`${table}.${column}`);
        }
      }
    }
    const all = WRITTEN.flatMap((table) =>
      columnNames(table).flatMap((column) =>
        columnKind(table, column) === 'time' ? [`${table}.${column}`] : [],
      ),
    );
    expect([...seen].sort()).toEqual(all.sort());

    const { id } = await actionRow(repository.dialect, run, 'a0');
    const details = await readActionDetails(repository.dialect, id);
    expect(details?.attempts[0]?.endTime).toEqual(timestampOf(instant));
    expect(details?.attempts[0]?.clusterEvents[0]?.occurredAt).toEqual(timestampOf(instant));
    expect(row.created_at).toBe(instant);
  });

  it('compare as times, whatever the zone of the server', async () => {
    repository.now = '2026-03-01T00:00:00.000001Z';
    await repository.writer.submit(createRun(newRun('early')));
    repository.now = '2026-03-01T00:00:00.000002Z';
    await repository.writer.submit(createRun(newRun('late')));
    const after = await repository.dialect.reader
      .selectFrom('runs')
      .select('name')
      .where('name', 'in', ['early', 'late'])
      .where('created_at', '>', '2026-03-01T00:00:00.000001Z')
      .execute();
    expect(after).toEqual([{ name: 'late' }]);
  });
});
