import { many, one } from '../app/search.ts';
import { phaseOfKey } from '../shared/phase.ts';

/** How the actions of a run are shown. */
export type RunView = 'tree' | 'timeline' | 'graph';

/** The state of a run's page, all of it in the address. Missing is: the tree, no such filter. */
export interface RunSearch {
  readonly view?: Exclude<RunView, 'tree'>;
  /** Part of the name of an action. */
  readonly find?: string;
  /** Keys of phases, any of which, separated by commas. */
  readonly phase?: string;
}

/** Reads the address; what it does not understand, it leaves out. Other parts of the page may have parameters of their own. */
export function parseRunSearch(search: Record<string, unknown>): RunSearch {
  const view = one(search.view);
  const find = one(search.find);
  const phases = many(search.phase).filter((key) => phaseOfKey(key) !== undefined);
  return {
    ...((view === 'timeline' || view === 'graph') && { view }),
    ...(find && { find }),
    ...(phases.length > 0 && { phase: phases.join(',') }),
  };
}
