import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  ConditionActionSchema,
  ErrorInfo_Kind,
  ErrorInfoSchema,
} from '../../../gen/flyteidl2/workflow/run_definition_pb.js';
import { boundMillis } from '../../../runs/execution-limits.ts';
import type { ActionKey } from '../../../runs/identity.ts';
import { type Instant, plusMillis } from '../../../runs/instant.ts';
import { isTerminal, type Phase } from '../../../runs/phase.ts';
import { runKeyText, type Command, type StoredRunKey } from '../command.ts';
import type { ActionState } from '../states.ts';
import type { Unit } from '../unit.ts';
import { needAction } from './find.ts';

/** Writes down when a new condition, which waits since `since`, runs out of time; not for one that may wait for ever. */
export function limitCondition(unit: Unit, action: ActionState, since: Instant): void {
  const ms = timeoutMs(action);
  if (ms !== undefined) unit.deadlines.push({ action, dueAt: plusMillis(since, ms) });
}

/** A condition whose time is over, by its id and its names. */
export interface OverdueCondition {
  readonly actionId: number;
  readonly key: ActionKey;
  readonly stored: StoredRunKey;
}

/**
 * A condition's time is over: it ends as TIMED_OUT, unless it has ended already. Any number of processes may say so: the first one
 * ends it. Answers whether that was this one.
 */
export function timeOutCondition({ actionId, key, stored }: OverdueCondition): Command<boolean> {
  return {
    runs: [stored],
    actions: [needAction(stored, key.name, ['latest'])],
    apply(unit) {
      unit.pastDeadlines.push(actionId);
      const action = unit.runs.get(runKeyText(stored))?.actions.get(key.name);
      if (action === undefined || isTerminal(action.row.phase as Phase)) return false;
      const seconds = (timeoutMs(action) ?? 0) / 1000;
      const error = create(ErrorInfoSchema, {
        code: 'TimedOut',
        message: `the condition was not signalled within its timeout of ${seconds} s`,
        kind: ErrorInfo_Kind.USER,
      });
      unit.applyEvent(
        action,
        {
          attempt: action.row.attempts,
          phase: 'TIMED_OUT',
          version: 0,
          time: unit.now,
          fields: { error_info: toBinary(ErrorInfoSchema, error) },
        },
        { decides: true },
      );
      return true;
    },
  };
}

function timeoutMs({ row }: ActionState): number | undefined {
  if (row.condition_spec === null) return undefined;
  return boundMillis(fromBinary(ConditionActionSchema, row.condition_spec).timeout);
}
