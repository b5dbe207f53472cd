import { compare, type Compared, type LoadOptions } from '../support/measure.ts';
import type { DatabaseKind, Place } from '../support/place.ts';
import { type Bounds, loadRow } from '../support/rows.ts';
import type { Effort, Scenario } from '../support/scenario.ts';
import { withService } from '../support/with-service.ts';

const NAMES = { postgres: 'PostgreSQL', sqlite: 'SQLite' };
const PREFIX = 'i';

/** What one ingestion scenario loads, on which database, and what has to be there before. */
interface Ingestion {
  readonly database: DatabaseKind;
  readonly source: LoadOptions['source']['kind'];
  readonly callers: number;
  readonly kind?: LoadOptions['kind'];
  readonly processes?: number;
  /** Runs, and actions of each, that the requests are about. */
  readonly runs: number;
  readonly children: number;
  /** Whether the actions are there before. */
  readonly recorded: boolean;
}

function measure(place: Place, effort: Effort, what: Ingestion): Promise<Compared> {
  const { children } = what;
  const runs = what.runs * (effort.full ? 4 : 1);
  const seeds = [{ prefix: PREFIX, runs, children: what.recorded ? children : 0 }];
  const source = { kind: what.source, prefix: PREFIX, runs, children };
  return withService(place, { kind: what.database, seeds }, ({ service }) =>
    compare(place, { ...effort, ...what, service, source }),
  );
}

function scenario(name: string, work: string, what: Ingestion, rate: Bounds, cpuMs: Bounds = {}): Scenario {
  return {
    name,
    about: work,
    run: async (place, effort) => [loadRow(work, await measure(place, effort, what), { rate, cpuMs })],
  };
}

const stream = (source: Ingestion['source'], recorded: boolean): Ingestion => ({
  database: 'postgres',
  kind: 'pipeline',
  source,
  callers: 2000,
  recorded,
  runs: recorded ? 400 : 2000,
  children: 100,
});

const events = (database: DatabaseKind): Ingestion => ({
  database,
  source: 'recordEvents',
  callers: 32,
  recorded: true,
  runs: 500,
  children: 100,
});

const STREAM_BOUNDS = { atLeast: 15_000, goal: 30_000 };

/** The rows of the table about what executors report. */
export const INGESTION: readonly Scenario[] = [
  scenario(
    'record-action',
    'RecordAction, 32 callers, PostgreSQL',
    { database: 'postgres', source: 'recordAction', callers: 32, recorded: false, runs: 1000, children: 100 },
    { atLeast: 2200, goal: 4000 },
    { atLeast: 0.7, goal: 0.35 },
  ),
  scenario(
    'update-status',
    'UpdateActionStatus, one call each, 32 callers, PostgreSQL',
    { database: 'postgres', source: 'updateStatus', callers: 32, recorded: true, runs: 200, children: 100 },
    { atLeast: 3000, goal: 5500 },
    { atLeast: 0.4, goal: 0.2 },
  ),
  scenario(
    'stream-actions',
    'RecordActionStream, one stream, pipelined, PostgreSQL',
    stream('recordActionStream', false),
    STREAM_BOUNDS,
  ),
  scenario(
    'stream-events',
    'RecordActionEventStream, one stream, pipelined, PostgreSQL',
    stream('recordEventStream', true),
    STREAM_BOUNDS,
  ),
  scenario(
    'stream-status',
    'UpdateActionStatusStream, one stream, pipelined, PostgreSQL',
    stream('updateStatusStream', true),
    STREAM_BOUNDS,
  ),
  scenario(
    'events',
    `RecordActionEvents, 100 a call, ${NAMES.postgres}`,
    events('postgres'),
    { atLeast: 30_000, goal: 50_000 },
    { goal: 0.02 },
  ),
  scenario(
    'events-sqlite',
    `RecordActionEvents, 100 a call, ${NAMES.sqlite}`,
    events('sqlite'),
    { atLeast: 15_000, goal: 25_000 },
    { goal: 0.02 },
  ),
];
