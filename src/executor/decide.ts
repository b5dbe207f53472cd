import { create, toBinary } from '@bufbuild/protobuf';
import { CacheMetadataSchema } from '../gen/flyteidl2/common/cache_pb.js';
import { CatalogCacheStatus } from '../gen/flyteidl2/core/catalog_pb.js';
import { OutputReferencesSchema } from '../gen/flyteidl2/task/common_pb.js';
import type { ExecutionTask } from '../repository/read/execution-task.ts';
import type { Row } from '../repository/schema.ts';
import type { ExecutionEnd } from '../repository/write/commands/execution.ts';
import { retryDelayMs, taskTimes, userRetries } from '../runs/execution-limits.ts';
import { type Evidence, errorInfo, type Failure, judge, systemFailure } from './outcome.ts';

/** What deciding needs of the executor's configuration. */
export interface RetryPolicy {
  /** Attempts that are granted for failures that are not the task's. */
  readonly systemRetries: number;
}

/** What an attempt's time was bounded by. */
export type TimeBound = 'runtime' | 'deadline' | 'queue';

const FIRST_SYSTEM_DELAY_MS = 1000;
const MAX_SYSTEM_DELAY_MS = 60_000;

/** How an attempt ends whose process is gone. Outputs count even if its time was up: the work was done. */
export function endByEvidence(
  policy: RetryPolicy,
  task: ExecutionTask,
  row: Row<'executions'>,
  evidence: Evidence,
  timedOut: TimeBound | undefined,
): ExecutionEnd {
  if (timedOut !== undefined && !evidence.hasOutputs) return endByTime(policy, task, row, timedOut);
  const failure = judge(evidence);
  return failure === undefined ? success(task, row, evidence) : endByFailure(policy, task, row, failure);
}

/** How an attempt ends whose executor lost its lease: by what it left in the storage, if that is a result. */
export function endByLoss(
  policy: RetryPolicy,
  task: ExecutionTask,
  row: Row<'executions'>,
  evidence: Evidence,
): ExecutionEnd {
  if (evidence.error !== undefined || evidence.hasOutputs)
    return endByEvidence(policy, task, row, evidence, undefined);
  const message = 'the executor that ran it has given no sign of life for too long, so its process was ended';
  return endByFailure(policy, task, row, systemFailure('ExecutorLost', message));
}

/** How an attempt ends that failed: for good, or with another attempt to follow. */
export function endByFailure(
  policy: RetryPolicy,
  task: ExecutionTask,
  row: Row<'executions'>,
  failure: Failure,
): ExecutionEnd {
  return {
    phase: 'FAILED',
    fields: { error_info: errorInfo(failure) },
    retry: retryAfter(policy, task, row, failure),
  };
}

/** How an attempt ends whose time is up. The deadline is that of all attempts together, so none follows it. */
export function endByTime(
  policy: RetryPolicy,
  task: ExecutionTask,
  row: Row<'executions'>,
  bound: TimeBound,
): ExecutionEnd {
  const { maxRuntimeMs, maxQueuedMs, deadlineMs } = taskTimes(task.taskSpec);
  const message = {
    runtime: `the attempt ran longer than its timeout of ${text(maxRuntimeMs)}`,
    queue: `the attempt waited longer than its queue timeout of ${text(maxQueuedMs)}`,
    deadline: `the action did not end within its deadline of ${text(deadlineMs)}`,
  }[bound];
  const failure: Failure = {
    message,
    code: 'TimedOut',
    kind: 'USER',
    retry: bound === 'deadline' ? 'never' : 'user',
  };
  return {
    phase: 'TIMED_OUT',
    fields: { error_info: errorInfo(failure) },
    retry: retryAfter(policy, task, row, failure),
  };
}

/** How an action ends whose result is known: that of an earlier action. */
export function endByCache(hit: Row<'task_cache'>): ExecutionEnd {
  return {
    phase: 'SUCCEEDED',
    fields: {
      outputs: toBinary(
        OutputReferencesSchema,
        create(OutputReferencesSchema, { outputUri: hit.output_uri }),
      ),
      cache_status: CatalogCacheStatus.CACHE_HIT,
      cache_metadata: hit.source,
    },
    outputUri: hit.output_uri,
  };
}

function success(task: ExecutionTask, row: Row<'executions'>, evidence: Evidence): ExecutionEnd {
  const outputUri = `${row.output_prefix}/outputs.pb`;
  const outputs = create(OutputReferencesSchema, {
    outputUri,
    reportUri: evidence.hasReport ? `${row.output_prefix}/report.html` : '',
  });
  const cache = task.cacheKey === null ? undefined : cacheRow(task, row, outputUri, evidence.hasOutputs);
  return {
    phase: 'SUCCEEDED',
    fields: {
      outputs: toBinary(OutputReferencesSchema, outputs),
      ...(cache ? { cache_status: CatalogCacheStatus.CACHE_POPULATED } : {}),
    },
    outputUri,
    cache,
  };
}

function cacheRow(
  { key, stored, cacheKey }: ExecutionTask,
  row: Row<'executions'>,
  outputUri: string,
  hasOutputs: boolean,
): Row<'task_cache'> {
  const source = create(CacheMetadataSchema, {
    sourceActionAttempt: { actionId: { run: key.run, name: key.name }, attempt: row.attempt },
  });
  return {
    org_key: stored.org_key,
    project: stored.project,
    domain: stored.domain,
    cache_key: cacheKey ?? '',
    output_uri: outputUri,
    has_outputs: Number(hasOutputs),
    source: toBinary(CacheMetadataSchema, source),
    created_at: row.updated_at,
  };
}

function retryAfter(
  policy: RetryPolicy,
  { taskSpec }: ExecutionTask,
  row: Row<'executions'>,
  failure: Failure,
): ExecutionEnd['retry'] {
  if (failure.retry === 'user' && row.user_failures < userRetries(taskSpec)) {
    return { after: 'user', delayMs: retryDelayMs(taskSpec, row.user_failures + 1) };
  }
  if (failure.retry === 'system' && row.system_failures < policy.systemRetries) {
    // One that is merely lost may start at once; what failed twice had better wait.
    const delay = row.system_failures === 0 ? 0 : FIRST_SYSTEM_DELAY_MS * 2 ** row.system_failures;
    return { after: 'system', delayMs: Math.min(delay, MAX_SYSTEM_DELAY_MS) };
  }
  return undefined;
}

function text(ms: number | undefined): string {
  return `${(ms ?? 0) / 1000} s`;
}
