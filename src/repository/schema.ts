import type { Instant } from '../runs/instant.ts';

/**
 * What a column holds, the same on both databases: `int` (up to 2^53), `text`, `time` (an Instant), `bytes` (wire bytes of a
 * message) and `json` (JSON as text). A `?` marks a column that may be null.
 */
export type ColumnKind = 'int' | 'text' | 'time' | 'bytes' | 'json';
type Column = ColumnKind | `${ColumnKind}?`;

/** Every table with its columns: the row types, the codecs and the batch statements all come from here. */
export const tables = {
  runs: {
    id: 'int',
    org: 'text',
    org_key: 'text',
    project: 'text',
    domain: 'text',
    name: 'text',
    kind: 'text',
    root_action_name: 'text',
    trigger_org: 'text?',
    trigger_project: 'text?',
    trigger_domain: 'text?',
    trigger_name: 'text?',
    trigger_task_name: 'text?',
    trigger_revision: 'int?',
    run_spec: 'bytes',
    labels: 'json',
    source: 'text',
    created_by_principal: 'text?',
    created_by_k8s_service_account: 'text?',
    created_at: 'time',
    updated_at: 'time',
    phase: 'text',
    start_time: 'time',
    running_at: 'time?',
    end_time: 'time?',
    duration_ms: 'int?',
    attempts: 'int',
    cache_status: 'int',
    task_org: 'text?',
    task_project: 'text?',
    task_domain: 'text?',
    task_name: 'text?',
    task_version: 'text?',
    environment_name: 'text',
    function_name: 'text',
    error_kind: 'text?',
    error_line: 'text?',
    paused_actions: 'int',
    metadata: 'bytes',
  },
  run_labels: { run_id: 'int', key: 'text', value: 'text' },
  actions: {
    id: 'int',
    run_id: 'int',
    org: 'text',
    project: 'text',
    domain: 'text',
    run_name: 'text',
    name: 'text',
    parent_action_name: 'text?',
    group_name: 'text',
    action_type: 'text',
    phase: 'text',
    attempts: 'int',
    max_attempts: 'int',
    created_at: 'time',
    updated_at: 'time',
    start_time: 'time',
    end_time: 'time?',
    duration_ms: 'int?',
    cache_status: 'int',
    task_name: 'text?',
    task_version: 'text?',
    function_name: 'text',
    created_by_principal: 'text?',
    task_spec_digest: 'text?',
    trace_spec: 'bytes?',
    condition_spec: 'bytes?',
    cache_key: 'text?',
    input_uri: 'text?',
    inputs_hash: 'text?',
    metadata: 'bytes',
    error_kind: 'text?',
    error_line: 'text?',
    abort_reason: 'text?',
    aborted_by: 'bytes?',
    signalled_by: 'bytes?',
    output: 'bytes?',
  },
  action_inputs: { action_id: 'int', inputs: 'bytes' },
  action_attempts: {
    id: 'int',
    action_id: 'int',
    attempt_number: 'int',
    phase: 'text',
    version: 'int',
    start_time: 'time',
    end_time: 'time?',
    error_info: 'bytes?',
    outputs: 'bytes?',
    output_uri: 'text?',
    log_info: 'bytes?',
    log_context: 'bytes?',
    cluster: 'text',
    cache_status: 'int',
    cache_metadata: 'bytes?',
    field_versions: 'json',
    created_at: 'time',
    updated_at: 'time',
  },
  phase_transitions: {
    id: 'int',
    attempt_id: 'int',
    phase: 'text',
    version: 'int',
    start_time: 'time',
    end_time: 'time?',
    created_at: 'time',
  },
  cluster_events: {
    id: 'int',
    attempt_id: 'int',
    digest: 'text',
    occurred_at: 'time',
    message: 'text',
    event: 'bytes',
    created_at: 'time',
  },
  task_specs: { digest: 'text', spec: 'bytes' },
  projects: {
    org_key: 'text',
    org: 'text',
    id: 'text',
    name: 'text',
    description: 'text',
    labels: 'json',
    state: 'int',
    created_at: 'time',
    updated_at: 'time',
  },
  tasks: {
    id: 'int',
    org: 'text',
    org_key: 'text',
    project: 'text',
    domain: 'text',
    name: 'text',
    version: 'text',
    short_name: 'text',
    environment_name: 'text',
    entrypoint: 'int',
    latest: 'int',
    spec_digest: 'text',
    metadata: 'bytes',
    deployed_by: 'text',
    created_at: 'time',
  },
  triggers: {
    id: 'int',
    org: 'text',
    org_key: 'text',
    project: 'text',
    domain: 'text',
    task_name: 'text',
    name: 'text',
    revision: 'int',
    task_version: 'text',
    state: 'text',
    deleted: 'int',
    with_task: 'int',
    automation_type: 'text',
    automation_spec: 'bytes',
    spec: 'bytes',
    metadata: 'bytes',
    created_at: 'time',
    deployed_at: 'time',
    updated_at: 'time',
    triggered_at: 'time?',
    deleted_at: 'time?',
    schedule_since: 'time?',
    next_fire_at: 'time?',
  },
  trigger_revisions: {
    id: 'int',
    trigger_id: 'int',
    revision: 'int',
    action: 'text',
    task_version: 'text',
    state: 'text',
    automation_spec: 'bytes',
    spec: 'bytes',
    metadata: 'bytes',
    deployed_at: 'time',
    updated_at: 'time',
    triggered_at: 'time?',
    deleted_at: 'time?',
    created_at: 'time',
  },
  executions: {
    action_id: 'int',
    run_id: 'int',
    parent_id: 'int?',
    depth: 'int',
    run_concurrency: 'int',
    state: 'text',
    attempt: 'int',
    user_failures: 'int',
    system_failures: 'int',
    node: 'text?',
    token: 'text?',
    folder: 'text?',
    output_prefix: 'text?',
    pid: 'int?',
    pid_start: 'text?',
    queued_at: 'time',
    not_before: 'time',
    started_at: 'time?',
    expires_at: 'time?',
    max_queued_ms: 'int?',
    deadline_at: 'time?',
    updated_at: 'time',
  },
  task_cache: {
    org_key: 'text',
    project: 'text',
    domain: 'text',
    cache_key: 'text',
    output_uri: 'text',
    has_outputs: 'int',
    source: 'bytes',
    created_at: 'time',
  },
  outbox: {
    id: 'int',
    target: 'text',
    run_id: 'int',
    action_id: 'int',
    kind: 'text',
    payload: 'bytes?',
    created_at: 'time',
  },
  outbox_runs: {
    target: 'text',
    run_id: 'int',
    last_id: 'int',
    tries: 'int',
    not_before: 'time',
    owner: 'text?',
    lease_until: 'time?',
    problem: 'text?',
  },
  delegated_runs: { run_id: 'int' },
  condition_deadlines: { action_id: 'int', due_at: 'time' },
  secrets: {
    org_key: 'text',
    org: 'text',
    project: 'text',
    domain: 'text',
    name: 'text',
    type: 'int',
    value: 'bytes',
    created_at: 'time',
    updated_at: 'time',
  },
  settings: {
    org_key: 'text',
    org: 'text',
    project: 'text',
    domain: 'text',
    version: 'int',
    settings: 'bytes',
    updated_at: 'time',
  },
  changes: { run_id: 'int', action_id: 'int?', batch: 'int', created_at: 'time' },
  service_state: { name: 'text', value: 'text' },
} as const satisfies Record<string, Record<string, Column>>;

type Tables = typeof tables;

/** The name of a table. */
export type TableName = keyof Tables;

type Value<C> = C extends `${infer K}?` ? Present<K> | null : Present<C>;
type Present<K> = K extends 'int'
  ? number
  : K extends 'time'
    ? Instant
    : K extends 'bytes'
      ? Uint8Array
      : string;

/** A row of a table as both databases read and write it. */
export type Row<T extends TableName> = { -readonly [C in keyof Tables[T]]: Value<Tables[T][C]> };

/**
 * The database as Kysely sees it. `changes` has two more columns that the database fills itself (`id`, and `xid` on PostgreSQL),
 * which only the dialects read.
 */
export type Database = { [T in TableName]: Row<T> };

/** What a column of a table holds, without the mark of nullability. */
export function columnKind(table: TableName, column: string): ColumnKind {
  const kinds: Record<string, Column> = tables[table];
  const kind = kinds[column];
  if (kind === undefined) throw new Error(`table ${table} has no column ${column}`);
  return kind.replace('?', '') as ColumnKind;
}

/** The names of a table's columns, in order. */
export function columnNames(table: TableName): string[] {
  return Object.keys(tables[table]);
}
