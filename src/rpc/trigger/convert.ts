import { create, fromBinary } from '@bufbuild/protobuf';
import { TriggerAutomationSpecSchema } from '../../gen/flyteidl2/task/common_pb.js';
import {
  type Trigger,
  type TriggerDetails,
  TriggerDetailsSchema,
  TriggerMetadataSchema,
  type TriggerRevision,
  TriggerRevisionAction,
  TriggerRevisionSchema,
  TriggerSchema,
  TriggerSpecSchema,
  type TriggerStatus,
  TriggerStatusSchema,
} from '../../gen/flyteidl2/trigger/trigger_definition_pb.js';
import { triggerIdentifier } from '../../repository/triggers-run.ts';
import type { RevisionAction, TriggerRevisionRow, TriggerRow } from '../../repository/triggers.ts';
import type { TriggerListRow, TriggerRevisionListRow } from '../../repository/triggers-list.ts';
import { type Instant, timestampOf } from '../../runs/instant.ts';

type Identity = Parameters<typeof triggerIdentifier>[0];

/** A trigger as lists show it. */
export function triggerMessage(row: TriggerListRow): Trigger {
  return create(TriggerSchema, {
    id: triggerIdentifier(row),
    metadata: fromBinary(TriggerMetadataSchema, row.metadata),
    status: statusOf(row),
    active: row.state === 'ACTIVE',
    automationSpec: fromBinary(TriggerAutomationSpecSchema, row.automation_spec),
  });
}

/** Everything about a trigger, now or (with `revision`) after one of its changes. */
export function triggerDetails(trigger: TriggerRow, revision?: TriggerRevisionRow): TriggerDetails {
  const row = revision ?? trigger;
  const spec = fromBinary(TriggerSpecSchema, row.spec);
  // Activating and deactivating change the state alone.
  spec.active = row.state === 'ACTIVE';
  return create(TriggerDetailsSchema, {
    id: triggerIdentifier(trigger, row.revision),
    metadata: fromBinary(TriggerMetadataSchema, row.metadata),
    spec,
    status: statusOf(row),
    automationSpec: fromBinary(TriggerAutomationSpecSchema, row.automation_spec),
    ...(spec.description === '' ? {} : { description: spec.description }),
  });
}

/** One change of a trigger. */
export function revisionMessage(trigger: Identity, row: TriggerRevisionListRow): TriggerRevision {
  return create(TriggerRevisionSchema, {
    id: triggerIdentifier(trigger, row.revision),
    metadata: fromBinary(TriggerMetadataSchema, row.metadata),
    status: statusOf(row),
    action: TriggerRevisionAction[row.action as RevisionAction],
    createdAt: timestampOf(row.created_at),
  });
}

function statusOf(row: {
  readonly deployed_at: Instant;
  readonly updated_at: Instant;
  readonly triggered_at: Instant | null;
  readonly deleted_at: Instant | null;
}): TriggerStatus {
  return create(TriggerStatusSchema, {
    deployedAt: timestampOf(row.deployed_at),
    updatedAt: timestampOf(row.updated_at),
    ...(row.triggered_at === null ? {} : { triggeredAt: timestampOf(row.triggered_at) }),
    ...(row.deleted_at === null ? {} : { deletedAt: timestampOf(row.deleted_at) }),
  });
}
