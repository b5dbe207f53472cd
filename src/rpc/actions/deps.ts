import type { RunDeps } from '../run/deps.ts';
import type { Recovery } from './recovery.ts';

/** What ActionsService works with. */
export interface ActionsDeps extends RunDeps {
  readonly recovery: Recovery;
  /** Whether tasks are executed, here or by a remote ActionsService: then what is enqueued goes into the queue, or into the outbox. */
  readonly executes: boolean;
}
