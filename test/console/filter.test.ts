import { describe, expect, it } from 'vitest';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import { RunSource } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { matchesRow } from '../../src/runs/filter-evaluate.ts';
import { RUN_FIELDS } from '../../src/runs/filter-fields.ts';
import { parseFilters } from '../../src/runs/filter-parse.ts';
import { phaseFromNumber } from '../../src/runs/phase.ts';
import type { RunKind } from '../../console/src/api/run-kind.ts';
import { matcher, serverFilters } from '../../console/src/runs/filter.ts';
import { type RunRow, rowOf } from '../../console/src/runs/run-row.ts';
import type { RunsSearch } from '../../console/src/runs/runs-search.ts';
import { type Sample, sampleRun } from '../../console/src/runs/sample.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const HOUR = 3_600_000;

const samples: Sample[] = [
  { name: 'etl-1', phase: ActionPhase.FAILED, start: NOW - 5 * HOUR, labels: { team: 'data' } },
  { name: 'ETL-2'.toLowerCase(), phase: ActionPhase.RUNNING, start: NOW - HOUR, who: 'grace' },
  { name: 'train-1', task: 'ml.train', start: NOW - 30 * HOUR, labels: { team: 'ml', empty: '' } },
  { name: 'nightly', trigger: 'every-night', source: RunSource.SCHEDULE_TRIGGER, start: NOW - 26 * HOUR },
  { name: 'api', source: RunSource.UNSPECIFIED, phase: ActionPhase.WAITING_FOR_RESOURCES, start: NOW },
  { name: 'timed', phase: ActionPhase.TIMED_OUT, start: NOW - 24 * HOUR },
];
const rows = samples.flatMap((sample) => rowOf(sampleRun(sample)) ?? []);

const searches: RunsSearch[] = [
  {},
  { name: 'ETL' },
  { phase: 'failed,timed-out' },
  { phase: 'waiting' },
  { task: 'ml.train' },
  { task: 'ml.train,etl.load', phase: 'succeeded' },
  { label: 'team=data' },
  { label: 'team' },
  { label: 'team,team=ml' },
  { label: 'empty=' },
  { who: 'grace' },
  { trigger: 'every-night' },
  { source: 'schedule,api' },
  { since: '24h' },
  { from: '2026-11-20T12:00:00Z', to: '2026-11-21T11:00:00Z' },
  { name: 'e', phase: 'succeeded,failed', since: '7d' },
];

describe('the filters of the address', () => {
  it.each(searches)('let through the same runs here as at the service: %j', (search) => {
    for (const kind of ['runs', 'tracked-runs'] as RunKind[]) {
      const filters = parseFilters(RUN_FIELDS, serverFilters(kind, search, NOW), []);
      const there = rows.filter((row) => filters.every((filter) => matchesRow(filter, stored(row))));
      const here = rows.filter((row) => matcher(search)(row, NOW));
      expect(here.map(({ name }) => name)).toEqual(there.map(({ name }) => name));
    }
  });

  it('tell runs apart at all', () => {
    const found = searches.map((search) => rows.filter((row) => matcher(search)(row, NOW)).length);
    expect(found).toEqual([6, 2, 2, 1, 1, 2, 1, 2, 1, 1, 1, 1, 2, 4, 2, 1]);
  });
});

/** The run as the service's table has it. */
function stored(row: RunRow) {
  const at = new Date(row.start).toISOString().replace('Z', '000Z');
  return {
    name: row.name,
    phase: phaseFromNumber(row.phase),
    task_name: row.task,
    labels: JSON.stringify(row.labels),
    created_by_principal: row.subject,
    trigger_name: row.trigger,
    source: RunSource[row.source],
    created_at: at,
    start_time: at,
  };
}
