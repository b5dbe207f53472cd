import type { Duration } from '@bufbuild/protobuf/wkt';
import type { TaskSpec } from '../gen/flyteidl2/task/task_definition_pb.js';

/** The bounds in time that a task sets itself, in milliseconds; undefined is no bound, which is also what a task means by 0. */
export interface TaskTimes {
  /** From RUNNING, for each attempt. */
  readonly maxRuntimeMs: number | undefined;
  /** From QUEUED to the start, for each attempt. */
  readonly maxQueuedMs: number | undefined;
  /** From the first QUEUED to the end, over all attempts. */
  readonly deadlineMs: number | undefined;
}

/** Longer ones are no bounds: they lie beyond the years that times can have. */
const MAX_MS = 100 * 365 * 86_400_000;

/** Reads the bounds of a task. */
export function taskTimes(spec: TaskSpec): TaskTimes {
  const metadata = spec.taskTemplate?.metadata;
  return {
    maxRuntimeMs: boundMillis(metadata?.timeout),
    maxQueuedMs: boundMillis(metadata?.timeouts?.queuedTimeout),
    deadlineMs: boundMillis(metadata?.timeouts?.deadline),
  };
}

/** How many attempts the task allows beyond the first, for failures of its own. */
export function userRetries(spec: TaskSpec): number {
  return spec.taskTemplate?.metadata?.retries?.retries ?? 0;
}

/** Milliseconds to wait before the retry that follows the given number of failures: `base × factor^(failures − 1)`, at most `cap`. */
export function retryDelayMs(spec: TaskSpec, failures: number): number {
  const backoff = spec.taskTemplate?.metadata?.retries?.backoff;
  if (backoff === undefined) return 0;
  const factor = Math.max(1, backoff.factor ?? 1);
  const delay = millis(backoff.base) * factor ** Math.max(0, failures - 1);
  const cap = backoff.cap === undefined ? MAX_MS : millis(backoff.cap);
  return Math.min(delay, cap, MAX_MS);
}

/** Milliseconds of a Duration; 0 if it is missing or negative. */
export function millis(duration: Duration | undefined): number {
  if (duration === undefined) return 0;
  return Math.max(0, Number(duration.seconds) * 1000 + duration.nanos / 1_000_000);
}

/** Milliseconds of a Duration that is a bound; undefined for none: it is missing, 0, negative, or longer than times last. */
export function boundMillis(duration: Duration | undefined): number | undefined {
  const ms = millis(duration);
  return ms > 0 && ms < MAX_MS ? ms : undefined;
}
