import { create } from '@bufbuild/protobuf';
import { type Literal, LiteralSchema } from '../gen/flyteidl2/core/literals_pb.js';
import type { EventPayload } from '../gen/flyteidl2/workflow/run_service_pb.js';
import { invalidArgument } from './errors.ts';

/** The literal that an `EventPayload` stands for. Throws invalid_argument if it holds no value. */
export function payloadLiteral(payload: EventPayload['value']): Literal {
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
