import { create, toBinary } from '@bufbuild/protobuf';
import type { ActionIdentifier } from '../../../gen/flyteidl2/common/identifier_pb.js';
import { type EnrichedIdentity, EnrichedIdentitySchema } from '../../../gen/flyteidl2/common/identity_pb.js';
import { OutputReferencesSchema } from '../../../gen/flyteidl2/task/common_pb.js';
import type { TraceAction } from '../../../gen/flyteidl2/workflow/run_definition_pb.js';
import { type ActionSpecRecord, actionMetadata } from '../../../runs/action-spec.ts';
import { alreadyExists, invalidArgument } from '../../../runs/errors.ts';
import { type ActionKey, ROOT_ACTION } from '../../../runs/identity.ts';
import { type Instant, instantFromTimestamp } from '../../../runs/instant.ts';
import { quote } from '../../../runs/names.ts';
import { isTerminal, phaseFromNumber } from '../../../runs/phase.ts';
import type { AttemptEvent } from '../../../runs/records.ts';
import type { Command, NeededAction, StoredRunKey } from '../command.ts';
import type { ActionState, RunState } from '../states.ts';
import type { Unit } from '../unit.ts';
import { type Abort, applyAbort } from './abort-state.ts';
import { newActionRow } from './action-row.ts';
import { limitCondition } from './condition-timeout.ts';
import { findRun, needAction, type RunKind } from './find.ts';

/** An action to record in an existing run. */
export interface NewAction {
  readonly key: ActionKey;
  readonly stored: StoredRunKey;
  readonly kind: RunKind;
  /** Empty for a child of the root action. */
  readonly parent: string;
  readonly group: string;
  /** Who it runs for; empty: whoever created the run. */
  readonly subject: string;
  readonly spec: ActionSpecRecord;
  readonly inputUri?: string | undefined;
  readonly cacheKey?: string | undefined;
  readonly recoveredFrom?: ActionIdentifier | undefined;
  /** What is known of it at once: traces come with their phase and outputs. */
  readonly event?: AttemptEvent | undefined;
  readonly since?: Instant | undefined;
}

/** The actions that `addOrFindAction` looks at. */
export function neededByNewAction(
  action: Pick<NewAction, 'key' | 'stored' | 'parent' | 'event'>,
): NeededAction[] {
  const { key, stored, parent, event } = action;
  return [
    { ...needAction(stored, key.name, [event?.attempt ?? 1]), parent: parent || ROOT_ACTION },
    needAction(stored, parent || ROOT_ACTION),
    needAction(stored, ROOT_ACTION),
  ];
}

/** Records an action; again with the same place and kind it changes nothing. Its parent may be recorded later. */
export function recordAction(action: NewAction): Command<void> {
  return {
    runs: [action.stored],
    actions: neededByNewAction(action),
    apply(unit) {
      const run = findRun(unit, action.kind, action.key.run, action.stored);
      const state = addOrFindAction(unit, run, action);
      if (action.event !== undefined) unit.applyEvent(state, action.event, { decides: true });
    },
  };
}

/**
 * The action of that name, made if it is not there. Throws already_exists if it is there with another parent or of another kind.
 * A child of an action that was aborted is aborted at once, with what was recorded below it before, so that no tree stays half alive.
 */
export function addOrFindAction(unit: Unit, run: RunState, action: NewAction): ActionState {
  const { key, spec } = action;
  const parent = key.name === ROOT_ACTION ? null : action.parent || ROOT_ACTION;
  if (parent === key.name) throw invalidArgument(`action ${quote(key.name)} can't be its own parent`);
  const existing = run.actions.get(key.name);
  if (existing !== undefined) {
    if (existing.row.parent_action_name !== parent || existing.row.action_type !== spec.actionType) {
      throw alreadyExists(
        `action ${quote(key.name)} exists as a ${existing.row.action_type.toLowerCase()} of ${existing.row.parent_action_name ?? 'the run'}`,
      );
    }
    return existing;
  }
  if (spec.taskSpec !== undefined) unit.taskSpecs.set(spec.taskSpec.digest, spec.taskSpec.bytes);
  const subject = action.subject || run.row.created_by_principal;
  const since = action.since ?? unit.now;
  const state = unit.addAction(
    run,
    newActionRow(unit, run, {
      name: key.name,
      parent,
      group: action.group,
      spec,
      metadata: actionMetadata(
        spec,
        { parent: parent ?? '', group: action.group, executedBy: userIdentity(subject) },
        action.recoveredFrom ? { recoveredFrom: action.recoveredFrom } : {},
      ),
      since,
      createdBy: subject,
      inputUri: action.inputUri,
      cacheKey: action.cacheKey,
    }),
    since,
  );
  if (spec.actionType === 'CONDITION') {
    // A condition needs nothing but its signal: it waits from the beginning.
    const event = { attempt: 1, phase: 'PAUSED', version: 0, time: since, fields: {} } as const;
    unit.applyEvent(state, event, { decides: true });
    limitCondition(unit, state, since);
  }
  const aborted = [parent, ROOT_ACTION]
    .map((name) => run.actions.get(name ?? '')?.row)
    .find((r) => r?.phase === 'ABORTED');
  if (aborted) abortWithChildren(unit, state, { reason: aborted.abort_reason ?? '', by: aborted.aborted_by });
  return state;
}

function abortWithChildren(unit: Unit, top: ActionState, abort: Abort): void {
  const pending = [top];
  const seen = new Set<ActionState>();
  for (let action = pending.pop(); action !== undefined; action = pending.pop()) {
    if (seen.has(action)) continue;
    seen.add(action);
    applyAbort(unit, action, abort);
    for (const other of top.run.actions.values()) {
      if (other.row.parent_action_name === action.row.name) pending.push(other);
    }
  }
}

/** What a `TraceAction` says of itself, as an event of its only attempt; undefined if it names no phase. */
export function traceEvent(
  trace: TraceAction,
  now: Instant,
): { event: AttemptEvent | undefined; since: Instant } {
  const since = trace.startTime ? instantFromTimestamp(trace.startTime, 'trace.start_time') : now;
  const phase = phaseFromNumber(trace.phase);
  if (phase === undefined) return { event: undefined, since };
  const end = trace.endTime ? instantFromTimestamp(trace.endTime, 'trace.end_time') : undefined;
  return {
    since,
    event: {
      attempt: 1,
      phase,
      version: 0,
      time: isTerminal(phase) ? (end ?? now) : since,
      endTime: end,
      fields: trace.outputs ? { outputs: toBinary(OutputReferencesSchema, trace.outputs) } : {},
      outputUri: trace.outputs?.outputUri,
    },
  };
}

function userIdentity(subject: string | null): EnrichedIdentity | undefined {
  if (subject === null) return undefined;
  return create(EnrichedIdentitySchema, { principal: { case: 'user', value: { id: { subject } } } });
}
