import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type Literal, LiteralSchema } from '../../../gen/flyteidl2/core/literals_pb.js';
import { SimpleType } from '../../../gen/flyteidl2/core/types_pb.js';
import { ConditionActionSchema } from '../../../gen/flyteidl2/workflow/run_definition_pb.js';
import type { EventPayload } from '../../../gen/flyteidl2/workflow/run_service_pb.js';
import { failedPrecondition, invalidArgument } from '../../../runs/errors.ts';
import type { ActionKey } from '../../../runs/identity.ts';
import { quote } from '../../../runs/names.ts';
import { isTerminal, type Phase } from '../../../runs/phase.ts';
import type { Command, StoredRunKey } from '../command.ts';
import { findAction, needAction } from './find.ts';

/** A signal to a condition, `SignalEventRequest` in the words of the rules. */
export interface Signal {
  readonly key: ActionKey;
  readonly stored: StoredRunKey;
  /** Empty: whatever its parent is. */
  readonly parent: string;
  readonly payload: EventPayload['value'];
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
      row.output = toBinary(LiteralSchema, literalFor(row.condition_spec, signal.payload, name));
      row.signalled_by = signal.by;
      unit.applyEvent(
        action,
        { attempt: row.attempts, phase: 'SUCCEEDED', version: 0, time: unit.now, fields: {} },
        { decides: true },
      );
    },
  };
}

const PAYLOADS: Record<
  Exclude<EventPayload['value']['case'], undefined>,
  { type: SimpleType; name: string }
> = {
  boolValue: { type: SimpleType.BOOLEAN, name: 'a boolean' },
  intValue: { type: SimpleType.INTEGER, name: 'an integer' },
  floatValue: { type: SimpleType.FLOAT, name: 'a float' },
  stringValue: { type: SimpleType.STRING, name: 'a string' },
};

function literalFor(conditionSpec: Uint8Array, payload: EventPayload['value'], name: string): Literal {
  if (payload.case === undefined) throw invalidArgument('payload.value must be set');
  const { type } = fromBinary(ConditionActionSchema, conditionSpec);
  const given = PAYLOADS[payload.case];
  if (type !== undefined) {
    const wanted = type.type.case === 'simple' ? type.type.value : undefined;
    if (wanted !== given.type) {
      const names = Object.values(PAYLOADS);
      const expected = names.find((one) => one.type === wanted)?.name ?? 'a type that a signal can not carry';
      throw invalidArgument(`condition ${name} waits for ${expected}, not for ${given.name}`);
    }
  }
  return create(LiteralSchema, {
    value: { case: 'scalar', value: { value: { case: 'primitive', value: { value: primitive(payload) } } } },
  });
}

function primitive(payload: Extract<EventPayload['value'], { case: string }>) {
  switch (payload.case) {
    case 'boolValue':
      return { case: 'boolean', value: payload.value } as const;
    case 'intValue':
      return { case: 'integer', value: payload.value } as const;
    case 'floatValue':
      return { case: 'floatValue', value: payload.value } as const;
    case 'stringValue':
      return { case: 'stringValue', value: payload.value } as const;
  }
}
