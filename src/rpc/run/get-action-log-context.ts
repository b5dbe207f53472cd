import { fromBinary } from '@bufbuild/protobuf';
import { LogContextSchema } from '../../gen/flyteidl2/core/execution_pb.js';
import type { GetActionLogContextRequest } from '../../gen/flyteidl2/workflow/run_service_pb.js';
import { findActionId } from '../../repository/read/find.ts';
import { notFound } from '../../runs/errors.ts';
import { actionText } from '../../runs/identity.ts';
import { timestampOf } from '../../runs/instant.ts';
import { quote } from '../../runs/names.ts';
import { namedAction, type RunDeps } from './deps.ts';

/** RunService.GetActionLogContext: where the logs of an attempt are, and from when to when it ran. */
export function getActionLogContext(deps: RunDeps) {
  return async ({ actionId: id, attempt }: GetActionLogContextRequest) => {
    const { key, stored } = namedAction(deps, 'RUN', id);
    const { actionId } = await findActionId(deps.dialect.reader, 'RUN', key, stored);
    const row = await deps.dialect.reader
      .selectFrom('action_attempts')
      .select(['log_context', 'cluster', 'start_time', 'end_time'])
      .where('action_id', '=', actionId)
      .where('attempt_number', '=', attempt)
      .executeTakeFirst();
    if (row === undefined) throw notFound(`action ${quote(actionText(key))} has no attempt ${attempt}`);
    return {
      ...(row.log_context === null ? {} : { logContext: fromBinary(LogContextSchema, row.log_context) }),
      cluster: row.cluster,
      startTime: timestampOf(row.start_time),
      ...(row.end_time === null ? {} : { endTime: timestampOf(row.end_time) }),
    };
  };
}
