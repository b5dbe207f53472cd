import { toBinary } from '@bufbuild/protobuf';
import type { AbortRequest } from '../../gen/flyteidl2/actions/actions_service_pb.js';
import { EnrichedIdentitySchema } from '../../gen/flyteidl2/common/identity_pb.js';
import { abortTree } from '../../repository/write/commands/abort.ts';
import { cleanReason } from '../run/abort.ts';
import { anonymousBytes, namedAction } from '../run/deps.ts';
import type { ActionsDeps } from './deps.ts';

/** ActionsService.Abort: the action and everything unfinished below it. */
export function abort(deps: ActionsDeps) {
  return async ({ actionId, reason, abortedBy }: AbortRequest) => {
    const by = abortedBy ? toBinary(EnrichedIdentitySchema, abortedBy) : anonymousBytes;
    const named = namedAction(deps, 'RUN', actionId);
    await deps.writer.exclusive(abortTree(deps.dialect, { ...named, reason: cleanReason(reason ?? ''), by }));
    return {};
  };
}
