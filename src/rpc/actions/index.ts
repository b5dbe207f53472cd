import type { ServiceImpl } from '@connectrpc/connect';
import type { ActionsService } from '../../gen/flyteidl2/actions/actions_service_pb.js';
import { abort } from './abort.ts';
import type { ActionsDeps } from './deps.ts';
import { enqueue } from './enqueue.ts';
import { signal } from './signal.ts';
import { update } from './update.ts';
import { watchForUpdates } from './watch-for-updates.ts';

/** ActionsService: what running tasks, and executors elsewhere, ask of this service. */
export function createActionsService(deps: ActionsDeps): ServiceImpl<typeof ActionsService> {
  return {
    enqueue: enqueue(deps),
    watchForUpdates: watchForUpdates(deps),
    update: update(deps),
    abort: abort(deps),
    signal: signal(deps),
  };
}
