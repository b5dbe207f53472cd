import type { Scenario } from '../support/scenario.ts';
import { createRunAlone, createRunPostgres, createRunSqlite } from './create-run.ts';
import { INGESTION } from './ingest.ts';

/** All scenarios in the order of the table. */
export const SCENARIOS: readonly Scenario[] = [
  createRunPostgres,
  createRunSqlite,
  createRunAlone,
  ...INGESTION,
];
