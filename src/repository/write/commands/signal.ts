import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { type Literal, LiteralSchema } from '../../../gen/flyteidl2/core/literals_pb.js';
import { SimpleType } from '../../../gen/flyteidl2/core/types_pb.js';
import { ConditionActionSchema } from '../../../gen/flyteidl2/workflow/run_definition_pb.js';
import { failedPrecondition, invalidArgument } from '../../../runs/errors.ts';
import type { ActionKey } from '../../../runs/identity.ts';
import { quote } from '../../../runs/names.ts';
import { isTerminal, type Phase } from '../../../runs/phase.ts';
import { handOverSignal } from '../../outbox-fill.ts';
import type { Command, StoredRunKey } from '../command.ts';
import { findAction, needAction } from './find.ts';

/** A signal to a condition, `SignalEventRequest` in the words of the rules. */
export interface Signal {
  readonly key: ActionKey;
  readonly stored: StoredRunKey;
  /** Empty: whatever its parent is. */
  readonly parent: string;
  readonly value: Literal;
  /** Who signals, as wire bytes of `EnrichedIdentity`. */
  readonly by: Uint8Array;
}

/** The condition succeeds with the value. Throws failed_precondition if it does not wait for one, invalid_argument for a wrong type. */
export function signalCondition(signal: Signal): Command<void> {
  return {
    runs: [signal.stored],
    actions: [needAction(signal.stored, signal.key.name, ['latest'])],
    apply(unit) {
      const action = findAction(unit, 'RUN', signal.key, signal.stored);
      const { row } = action;
      const name = quote(row.name);
      if (row.action_type !== 'CONDITION' || row.condition_spec === null) {
        throw failedPrecondition(`action ${name} is a ${row.action_type.toLowerCase()}, not a condition`);
      }
      if (signal.parent !== '' && signal.parent !== row.parent_action_name) {
        throw invalidArgument(
          `condition ${name} belongs to ${quote(row.parent_action_name ?? '')}, not to ${quote(signal.parent)}`,
        );
      }
      if (isTerminal(row.phase as Phase))
        throw failedPrecondition(`condition ${name} has ended already (${row.phase})`);
      if (row.phase !== 'PAUSED')
        throw failedPrecondition(`condition ${name} does not wait for a signal yet (${row.phase})`);
      checkType(row.condition_spec, signal.value, name);
      row.output = toBinary(LiteralSchema, signal.value);
      row.signalled_by = signal.by;
      unit.applyEvent(
        action,
        { attempt: row.attempts, phase: 'SUCCEEDED', version: 0, time: unit.now, fields: {} },
        { decides: true },
      );
      handOverSignal(unit, action, signal);
    },
  };
}

/** What the value of a signal is called, by the kind of its primitive. */
const PRIMITIVES: Record<string, { type: SimpleType; name: string }> = {
  boolean: { type: SimpleType.BOOLEAN, name: 'a boolean' },
  integer: { type: SimpleType.INTEGER, name: 'an integer' },
  floatValue: { type: SimpleType.FLOAT, name: 'a float' },
  stringValue: { type: SimpleType.STRING, name: 'a string' },
  datetime: { type: SimpleType.DATETIME, name: 'a datetime' },
  duration: { type: SimpleType.DURATION, name: 'a duration' },
};

/** Throws invalid_argument unless the value has the type that the condition waits for; one without a type takes any value. */
function checkType(conditionSpec: Uint8Array, { value }: Literal, name: string): void {
  const wanted = fromBinary(ConditionActionSchema, conditionSpec).type?.type;
  if (wanted === undefined) return;
  const scalar = value.case === 'scalar' ? value.value.value : undefined;
  const given = scalar?.case === 'primitive' ? PRIMITIVES[scalar.value.value.case ?? ''] : undefined;
  if (wanted.case === 'simple' ? wanted.value === given?.type : given === undefined) return;
  const expected =
    Object.values(PRIMITIVES).find(({ type }) => wanted.case === 'simple' && type === wanted.value)?.name ??
    'a value of another type';
  throw invalidArgument(`condition ${name} waits for ${expected}, not for ${given?.name ?? 'what was sent'}`);
}
