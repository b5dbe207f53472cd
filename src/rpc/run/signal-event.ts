import { create } from '@bufbuild/protobuf';
import { type Literal, LiteralSchema } from '../../gen/flyteidl2/core/literals_pb.js';
import type { EventPayload, SignalEventRequest } from '../../gen/flyteidl2/workflow/run_service_pb.js';
import { signalCondition } from '../../repository/write/commands/signal.ts';
import { invalidArgument } from '../../runs/errors.ts';
import { anonymousBytes, namedAction, type RunDeps } from './deps.ts';

/** RunService.SignalEvent: a paused condition succeeds with the value. */
export function signalEvent(deps: RunDeps) {
  return async ({ actionId, parentActionName, payload }: SignalEventRequest) => {
    if (payload === undefined) throw invalidArgument('payload must be set');
    const { key, stored } = namedAction(deps, 'RUN', actionId);
    const value = literalOf(payload.value);
    await deps.writer.submit(
      signalCondition({ key, stored, parent: parentActionName, value, by: anonymousBytes }),
    );
    return {};
  };
}

function literalOf(payload: EventPayload['value']): Literal {
  return create(LiteralSchema, {
    value: { case: 'scalar', value: { value: { case: 'primitive', value: { value: primitive(payload) } } } },
  });
}

function primitive(payload: EventPayload['value']) {
  switch (payload.case) {
    case 'boolValue':
      return { case: 'boolean', value: payload.value } as const;
    case 'intValue':
      return { case: 'integer', value: payload.value } as const;
    case 'floatValue':
      return { case: 'floatValue', value: payload.value } as const;
    case 'stringValue':
      return { case: 'stringValue', value: payload.value } as const;
    case undefined:
      throw invalidArgument('payload.value must be set');
  }
}
