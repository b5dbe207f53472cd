import { create } from '@bufbuild/protobuf';
import type { ActionDetails } from '../../gen/flyteidl2/workflow/run_definition_pb.js';
import {
  type WatchActionDetailsRequest,
  type WatchActionDetailsResponse,
  WatchActionDetailsResponseSchema,
} from '../../gen/flyteidl2/workflow/run_service_pb.js';
import { findActionId } from '../../repository/read/find.ts';
import { actionNotFound, type RunKind } from '../../repository/write/commands/find.ts';
import { isTerminal, phaseFromNumber } from '../../runs/phase.ts';
import { namedAction } from './deps.ts';
import type { WatchContext, WatchDeps } from './watch-deps.ts';

/** WatchActionDetails of both run services: what GetActionDetails answers, at once and after each change, until the action has ended. */
export function watchActionDetails(deps: WatchDeps, kind: RunKind) {
  return async function* (
    { actionId: id }: WatchActionDetailsRequest,
    { signal }: WatchContext,
  ): AsyncGenerator<WatchActionDetailsResponse> {
    const { key, stored } = namedAction(deps, kind, id);
    const { actionId } = await findActionId(deps.dialect.reader, kind, key, stored);
    for await (const details of deps.watch.details(actionId, signal)) {
      if (details === undefined) throw actionNotFound(key);
      yield create(WatchActionDetailsResponseSchema, { details });
      if (hasEnded(details)) return;
    }
  };
}

/** Whether an action is in a phase in which it stays. */
export function hasEnded({ status }: ActionDetails): boolean {
  const phase = phaseFromNumber(status?.phase ?? 0);
  return phase !== undefined && isTerminal(phase);
}
