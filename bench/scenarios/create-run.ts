import { compare } from '../support/measure.ts';
import type { DatabaseKind, Place } from '../support/place.ts';
import { emptyText, less, loadRow, type Row } from '../support/rows.ts';
import type { Effort, Scenario } from '../support/scenario.ts';
import { withService } from '../support/with-service.ts';

const BOUNDS = {
  postgres: { rate: { atLeast: 1800, goal: 3000 }, cpuMs: { atLeast: 0.9, goal: 0.45 } },
  sqlite: { rate: { atLeast: 1800, goal: 3500 }, cpuMs: { atLeast: 0.9, goal: 0.4 } },
};
const NAMES = { postgres: 'PostgreSQL', sqlite: 'SQLite' };

function measure(place: Place, effort: Effort, kind: DatabaseKind, callers: number) {
  return withService(place, { kind }, async ({ service }) => {
    await place.project(service);
    const source = { kind: 'createRun', prefix: 'r', runs: 0, children: 0 } as const;
    return compare(place, { ...effort, service, source, callers });
  });
}

async function many(place: Place, effort: Effort, kind: DatabaseKind): Promise<Row[]> {
  const load = await measure(place, effort, kind, 64);
  return [loadRow(`CreateRun, 64 callers, ${NAMES[kind]}`, load, BOUNDS[kind])];
}

/** CreateRun with 2.5 KB, 64 callers, on PostgreSQL. */
export const createRunPostgres: Scenario = {
  name: 'create-run',
  about: 'CreateRun, 64 callers, PostgreSQL',
  run: (place, effort) => many(place, effort, 'postgres'),
};

/** The same on SQLite. */
export const createRunSqlite: Scenario = {
  name: 'create-run-sqlite',
  about: 'CreateRun, 64 callers, SQLite',
  run: (place, effort) => many(place, effort, 'sqlite'),
};

/** One caller: what a call takes when nobody else is there. */
export const createRunAlone: Scenario = {
  name: 'create-run-alone',
  about: 'CreateRun, 1 caller, PostgreSQL',
  async run(place, effort) {
    const load = await measure(place, effort, 'postgres', 1);
    return [
      {
        work: 'CreateRun, 1 caller, p50, PostgreSQL',
        figures: [less(load.p50, 'ms', { atLeast: 4, goal: 2.5 })],
        limit: `p50 connect-node ${load.connect.p50.toFixed(2)} ms; http2 ${load.http2.p50.toFixed(2)} ms`,
        details: `p99 ${load.p99.toFixed(2)} ms; ${load.cpuMs.toFixed(2)} ms CPU; ${emptyText(load.connect, load.http2)}`,
      },
    ];
  },
};
