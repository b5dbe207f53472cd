import { createHash } from 'node:crypto';
import { toBinary } from '@bufbuild/protobuf';
import { CacheMetadataSchema } from '../gen/flyteidl2/common/cache_pb.js';
import { LogContextSchema } from '../gen/flyteidl2/core/execution_pb.js';
import { OutputReferencesSchema } from '../gen/flyteidl2/task/common_pb.js';
import {
  type ActionEvent,
  type ClusterEvent,
  ClusterEventSchema,
  ErrorInfoSchema,
} from '../gen/flyteidl2/workflow/run_definition_pb.js';
import { logInfoBytes } from '../wire/log-info.ts';
import { invalidArgument } from './errors.ts';
import { type Clock, type Instant, instantFromTimestamp } from './instant.ts';
import { phaseFromNumber } from './phase.ts';
import type { AttemptEvent, AttemptFields } from './records.ts';

/** A cluster event as its table keeps it: the message as it came, and a digest that makes repeats harmless. */
export interface ClusterEventRecord {
  readonly digest: string;
  readonly occurredAt: Instant;
  readonly message: string;
  readonly event: Uint8Array;
}

/**
 * Reads an `ActionEvent`. Its time is `updated_time`, else `reported_time`, else `now`.
 * Throws invalid_argument if the phase is missing or unknown, the attempt is 0, or a time is outside the years 1 to 9999.
 */
export function readEvent(event: ActionEvent, now: Instant | Clock): AttemptEvent {
  const phase = phaseFromNumber(event.phase);
  if (phase === undefined) throw invalidArgument(`event.phase ${event.phase} is not a phase of an action`);
  if (event.attempt === 0) throw invalidArgument('event.attempt must be at least 1');
  const stamp = event.updatedTime ?? event.reportedTime;
  const fields: AttemptFields = {};
  if (event.errorInfo) fields.error_info = toBinary(ErrorInfoSchema, event.errorInfo);
  if (event.outputs) fields.outputs = toBinary(OutputReferencesSchema, event.outputs);
  if (event.logInfo.length > 0) fields.log_info = logInfoBytes(event.logInfo);
  if (event.logContext) fields.log_context = toBinary(LogContextSchema, event.logContext);
  if (event.cluster !== '') fields.cluster = event.cluster;
  if (event.cacheStatus !== 0) fields.cache_status = event.cacheStatus;
  if (event.cacheMetadata) fields.cache_metadata = toBinary(CacheMetadataSchema, event.cacheMetadata);
  return {
    attempt: event.attempt,
    phase,
    version: event.version,
    time: stamp ? instantFromTimestamp(stamp, 'event.updated_time') : timeOf(now),
    endTime: event.endTime ? instantFromTimestamp(event.endTime, 'event.end_time') : undefined,
    fields,
    outputUri: event.outputs?.outputUri,
  };
}

function timeOf(now: Instant | Clock): Instant {
  return typeof now === 'string' ? now : now();
}

/** The cluster events that an `ActionEvent` carries. */
export function readClusterEvents(event: ActionEvent, now: Instant | Clock): readonly ClusterEventRecord[] {
  if (event.clusterEvents.length === 0) return NONE;
  return event.clusterEvents.map((one) => clusterEventRecord(one, now));
}

const NONE: readonly ClusterEventRecord[] = [];

function clusterEventRecord(event: ClusterEvent, now: Instant | Clock): ClusterEventRecord {
  const bytes = toBinary(ClusterEventSchema, event);
  return {
    digest: createHash('sha256').update(bytes).digest('hex').slice(0, 32),
    occurredAt: event.occurredAt
      ? instantFromTimestamp(event.occurredAt, 'cluster_event.occurred_at')
      : timeOf(now),
    message: event.message.replaceAll('\u0000', ''),
    event: bytes,
  };
}
