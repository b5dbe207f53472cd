import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import type { Row } from '../../src/repository/schema.ts';
import { insertRows } from '../../src/repository/write/rows.ts';
import { type Instant, instantFromMicros, plusMillis } from '../../src/runs/instant.ts';
import { isTerminal, PHASES, type Phase } from '../../src/runs/phase.ts';

/** Numbers in [0, 1) that are the same for the same seed. */
export type Random = () => number;

/** A small generator of random numbers (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** One of them. */
export function pick<T>(random: Random, values: readonly T[]): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error('nothing to pick from');
  return value;
}

/** 2026-01-01 and so many microseconds. */
export function instant(micros: number): Instant {
  return instantFromMicros(1_767_225_600_000_000n + BigInt(Math.round(micros)));
}

/** A row of `runs` that is complete but for what a test cares about. */
export function runRow(id: number, more: Partial<Row<'runs'>> = {}): Row<'runs'> {
  const created = more.created_at ?? instant(id * 1000);
  return {
    id,
    org: 'acme',
    org_key: '',
    project: 'flytesnacks',
    domain: 'development',
    name: `r${id}`,
    kind: 'RUN',
    root_action_name: 'a0',
    trigger_org: null,
    trigger_project: null,
    trigger_domain: null,
    trigger_name: null,
    trigger_task_name: null,
    trigger_revision: null,
    run_spec: new Uint8Array(),
    labels: '{}',
    source: 'CLI',
    created_by_principal: null,
    created_by_k8s_service_account: null,
    created_at: created,
    updated_at: created,
    phase: 'QUEUED',
    start_time: created,
    running_at: null,
    end_time: null,
    duration_ms: null,
    attempts: 1,
    cache_status: 0,
    task_org: null,
    task_project: null,
    task_domain: null,
    task_name: null,
    task_version: null,
    environment_name: '',
    function_name: '',
    error_kind: null,
    error_line: null,
    paused_actions: 0,
    version: 0,
    metadata: new Uint8Array(),
    ...more,
  };
}

/** A row of `actions` that is complete but for what a test cares about. */
export function actionRow(run: Row<'runs'>, id: number, more: Partial<Row<'actions'>> = {}): Row<'actions'> {
  const created = more.created_at ?? instant(id * 1000);
  return {
    id,
    run_id: run.id,
    org: run.org,
    project: run.project,
    domain: run.domain,
    run_name: run.name,
    name: `a${id}`,
    parent_action_name: null,
    group_name: '',
    action_type: 'TASK',
    phase: 'QUEUED',
    attempts: 1,
    max_attempts: 1,
    created_at: created,
    updated_at: created,
    start_time: created,
    end_time: null,
    duration_ms: null,
    cache_status: 0,
    task_name: null,
    task_version: null,
    function_name: '',
    created_by_principal: null,
    task_spec_digest: null,
    trace_spec: null,
    condition_spec: null,
    cache_key: null,
    input_uri: null,
    inputs_hash: null,
    metadata: new Uint8Array(),
    error_kind: null,
    error_line: null,
    abort_reason: null,
    aborted_by: null,
    signalled_by: null,
    output: null,
    ...more,
  };
}

/** Text with what orders and patterns trip over: wildcards, case, and characters beyond U+FFFF next to those just below. */
export const TEXTS = [
  'a',
  'A',
  'ab',
  'a%',
  'a_b',
  'a\\',
  "o'b",
  'zebra',
  'é',
  'Éa',
  '\uffee',
  '😀',
  '😀b',
  'a😀',
];

/** The phase and times of a run or an action, with ties and missing values. */
export function randomState(random: Random, ticks: number) {
  const phase: Phase = pick(random, PHASES);
  const created = instant(Math.floor(random() * ticks));
  const end = isTerminal(phase) ? plusMillis(created, Math.floor(random() * 5)) : null;
  return {
    phase,
    created_at: created,
    updated_at: plusMillis(created, Math.floor(random() * 3)),
    start_time: instant(Math.floor(random() * ticks)),
    end_time: end,
    duration_ms: end === null ? null : Math.floor(random() * 4),
  };
}

/** A run whose fields take few values, so that every filter meets some rows and misses others, and orders have ties. */
export function randomRun(random: Random, id: number, ticks: number): Row<'runs'> {
  const maybe = (values: readonly string[]) => (random() < 0.3 ? null : pick(random, values));
  const labels: Record<string, string> = {};
  for (const key of ['team', 'Team', 'a.b%']) if (random() < 0.5) labels[key] = pick(random, ['', ...TEXTS]);
  const trigger = maybe(TEXTS);
  return runRow(id, {
    ...randomState(random, ticks),
    project: pick(random, ['flytesnacks', 'other']),
    domain: pick(random, ['development', 'production']),
    kind: random() < 0.8 ? 'RUN' : 'TRACKED',
    name: `${pick(random, TEXTS)}${id}`,
    task_project: 'flytesnacks',
    task_domain: pick(random, ['development', 'production']),
    task_name: maybe(TEXTS),
    task_version: maybe(['v1', 'v2']),
    trigger_name: trigger,
    trigger_project: trigger && 'flytesnacks',
    trigger_domain: trigger && 'development',
    trigger_task_name: trigger && pick(random, ['t', 'u']),
    created_by_principal: maybe(TEXTS),
    source: pick(random, ['WEB', 'CLI', 'TRACKED', 'SCHEDULE_TRIGGER']),
    environment_name: pick(random, ['', ...TEXTS]),
    function_name: pick(random, ['', ...TEXTS]),
    paused_actions: random() < 0.2 ? 1 : 0,
    labels: JSON.stringify(labels),
  });
}

/** The same for an action. */
export function randomAction(random: Random, run: Row<'runs'>, id: number, ticks: number): Row<'actions'> {
  const maybe = (values: readonly string[]) => (random() < 0.3 ? null : pick(random, values));
  return actionRow(run, id, {
    ...randomState(random, ticks),
    name: `${pick(random, TEXTS)}${id}`,
    parent_action_name: maybe(['a0', ...TEXTS]),
    group_name: pick(random, ['', ...TEXTS]),
    action_type: pick(random, ['TASK', 'TASK', 'TRACE', 'CONDITION']),
    task_name: maybe(TEXTS),
    task_version: maybe(['v1', 'v2']),
    function_name: pick(random, ['', ...TEXTS]),
    created_by_principal: maybe(TEXTS),
  });
}

/** Writes runs and their labels. */
export async function insertRuns(dialect: Dialect, runs: readonly Row<'runs'>[]): Promise<void> {
  await insertRows(dialect, dialect.writer, 'runs', runs);
  const labels = runs.flatMap((run) =>
    Object.entries(JSON.parse(run.labels) as Record<string, string>).map(([key, value]) => ({
      run_id: run.id,
      key,
      value,
    })),
  );
  await insertRows(dialect, dialect.writer, 'run_labels', labels);
}
