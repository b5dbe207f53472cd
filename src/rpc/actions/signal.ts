import { toBinary } from '@bufbuild/protobuf';
import type { SignalRequest } from '../../gen/flyteidl2/actions/actions_service_pb.js';
import { EnrichedIdentitySchema } from '../../gen/flyteidl2/common/identity_pb.js';
import { signalCondition } from '../../repository/write/commands/signal.ts';
import { invalidArgument } from '../../runs/errors.ts';
import { anonymousBytes, namedAction } from '../run/deps.ts';
import type { ActionsDeps } from './deps.ts';

/** ActionsService.Signal: a paused condition succeeds with the value. */
export function signal(deps: ActionsDeps) {
  return async ({ actionId, parentActionName, value, signalledBy }: SignalRequest) => {
    if (value === undefined) throw invalidArgument('value must be set');
    const { key, stored } = namedAction(deps, 'RUN', actionId);
    const by = signalledBy ? toBinary(EnrichedIdentitySchema, signalledBy) : anonymousBytes;
    await deps.writer.submit(signalCondition({ key, stored, parent: parentActionName, value, by }));
    return {};
  };
}
