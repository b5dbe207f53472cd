import { create, toBinary } from '@bufbuild/protobuf';
import { CatalogCacheStatus } from '../gen/flyteidl2/core/catalog_pb.js';
import { LogContextSchema } from '../gen/flyteidl2/core/execution_pb.js';
import type { ExecutionTask } from '../repository/read/execution-task.ts';
import type { Row } from '../repository/schema.ts';
import { type Instant, timestampOf } from '../runs/instant.ts';
import type { AttemptFields } from '../runs/records.ts';
import { overwritesCache } from './cached.ts';

const CLUSTER = 'local';

/** What is known of an attempt when its preparation begins. */
export function beginFields(task: ExecutionTask): AttemptFields {
  if (task.cacheKey === null) return { cluster: CLUSTER };
  const status = overwritesCache(task) ? CatalogCacheStatus.CACHE_SKIPPED : CatalogCacheStatus.CACHE_MISS;
  return { cluster: CLUSTER, cache_status: status };
}

/** What is known of an attempt when its process is there: from then on it has logs. They are named as those of a pod are. */
export function runFields({ key }: ExecutionTask, row: Row<'executions'>, since: Instant): AttemptFields {
  const pod = `${key.run.name}-${key.name}-${row.attempt - 1}`;
  const context = create(LogContextSchema, {
    primaryPodName: pod,
    pods: [
      {
        namespace: `${key.run.project}-${key.run.domain}`,
        podName: pod,
        primaryContainerName: 'task',
        containers: [{ containerName: 'task', process: { containerStartTime: timestampOf(since) } }],
      },
    ],
  });
  return { cluster: CLUSTER, log_context: toBinary(LogContextSchema, context) };
}
