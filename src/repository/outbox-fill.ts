import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { AbortRequestSchema, SignalRequestSchema } from '../gen/flyteidl2/actions/actions_service_pb.js';
import { type ActionIdentifier, ActionIdentifierSchema } from '../gen/flyteidl2/common/identifier_pb.js';
import { EnrichedIdentitySchema } from '../gen/flyteidl2/common/identity_pb.js';
import type { Literal } from '../gen/flyteidl2/core/literals_pb.js';
import { isTerminal, type Phase } from '../runs/phase.ts';
import type { ActionState } from './write/states.ts';
import type { Unit } from './write/unit.ts';

/*
 * What commands hand over to the ActionsService that executes this service's actions. All of it does nothing where tasks are executed
 * here, or nowhere.
 */

/**
 * Hands over a new task or condition. A trace is a record of what happened already, and what has ended at its birth (a recovered action,
 * the child of an aborted one) has nothing left to execute: they stay here.
 */
export function handOverAction(unit: Unit, action: ActionState): void {
  const { row, fresh } = action;
  if (!hands(unit, action) || !fresh || row.action_type === 'TRACE' || isTerminal(row.phase as Phase)) return;
  unit.handovers.push({ action, kind: 'ENQUEUE', payload: null });
}

/** Hands over that an action, and everything below it, was aborted. `by` is the wire bytes of an `EnrichedIdentity`. */
export function handOverAbort(
  unit: Unit,
  action: ActionState,
  { reason, by }: { readonly reason: string; readonly by: Uint8Array | null },
): void {
  if (!hands(unit, action)) return;
  const request = create(AbortRequestSchema, {
    actionId: identifier(action),
    reason,
    ...(by === null ? {} : { abortedBy: fromBinary(EnrichedIdentitySchema, by) }),
  });
  unit.handovers.push({ action, kind: 'ABORT', payload: toBinary(AbortRequestSchema, request) });
}

/** Hands over that a condition was signalled. `by` is the wire bytes of an `EnrichedIdentity`. */
export function handOverSignal(
  unit: Unit,
  action: ActionState,
  { value, by }: { readonly value: Literal; readonly by: Uint8Array },
): void {
  if (!hands(unit, action)) return;
  const request = create(SignalRequestSchema, {
    actionId: identifier(action),
    parentActionName: action.row.parent_action_name ?? '',
    value,
    signalledBy: fromBinary(EnrichedIdentitySchema, by),
  });
  unit.handovers.push({ action, kind: 'SIGNAL', payload: toBinary(SignalRequestSchema, request) });
}

function hands(unit: Unit, { run }: ActionState): boolean {
  return unit.telling.actions && run.row.kind === 'RUN';
}

function identifier({ run: { row }, row: { name } }: ActionState): ActionIdentifier {
  const { org, project, domain } = row;
  return create(ActionIdentifierSchema, { run: { org, project, domain, name: row.name }, name });
}
