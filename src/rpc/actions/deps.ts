import type { RunDeps } from '../run/deps.ts';
import type { Recovery } from './recovery.ts';

/** What ActionsService works with. */
export interface ActionsDeps extends RunDeps {
  readonly recovery: Recovery;
}
