import { CacheLookupScope } from '../gen/flyteidl2/task/run_pb.js';
import type { Dialect } from '../repository/dialects/dialect.ts';
import type { ExecutionTask } from '../repository/read/execution-task.ts';
import type { Row } from '../repository/schema.ts';
import { cacheLookup } from '../repository/task-cache.ts';
import { millis } from '../runs/execution-limits.ts';
import { type Clock, plusMillis } from '../runs/instant.ts';
import type { Storage } from '../storage/storage.ts';

/**
 * The result that the cache has for a task: undefined if it is not cached, its run wants it made anew, it is too old, or its file is
 * not there any more.
 */
export async function findCached(
  deps: { dialect: Dialect; storage: Pick<Storage, 'exists'>; clock: Clock },
  task: ExecutionTask,
): Promise<Row<'task_cache'> | undefined> {
  const { cacheKey, runSpec, taskSpec } = task;
  if (cacheKey === null || overwritesCache(task)) return undefined;
  const maxAgeMs = millis(taskSpec.taskTemplate?.metadata?.cacheMaxAge);
  const hit = await cacheLookup(deps.dialect.reader, task.stored, cacheKey, {
    scope: runSpec.cacheConfig?.cacheLookupScope === CacheLookupScope.GLOBAL ? 'GLOBAL' : 'PROJECT_DOMAIN',
    notBefore: maxAgeMs > 0 ? plusMillis(deps.clock(), -maxAgeMs) : undefined,
  });
  if (hit === undefined) return undefined;
  return hit.has_outputs === 0 || (await deps.storage.exists(hit.output_uri)) ? hit : undefined;
}

/** Whether the run wants results made anew, and the cache filled with them. */
export function overwritesCache({ runSpec }: Pick<ExecutionTask, 'runSpec'>): boolean {
  return runSpec.overwriteCache || runSpec.cacheConfig?.overwriteCache === true;
}
