import type { Scenario } from '../support/scenario.ts';
import { atRest, idleStreams } from './at-rest.ts';
import { createRunAlone, createRunPostgres, createRunSqlite } from './create-run.ts';
import { FAN_OUT } from './fan-out.ts';
import { INGESTION } from './ingest.ts';
import { limits } from './limits.ts';
import { LIST, LIST_MILLION } from './list.ts';
import { snapshotLarge, snapshotTen } from './snapshot.ts';
import { workers } from './workers.ts';

/** All scenarios in the order of the table. */
export const SCENARIOS: readonly Scenario[] = [
  limits,
  createRunPostgres,
  createRunSqlite,
  createRunAlone,
  ...INGESTION,
  ...LIST,
  snapshotLarge,
  snapshotTen,
  ...FAN_OUT,
  idleStreams,
  atRest,
  workers,
  LIST_MILLION,
];
