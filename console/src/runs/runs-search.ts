import { many, one } from '../app/search.ts';
import { phaseOfKey } from '../shared/phase.ts';

/** The state of the list of runs, all of it in the address. Missing is: no such filter. */
export interface RunsSearch {
  /** Part of the name of the run. */
  readonly name?: string;
  /** Keys of phases, any of which. */
  readonly phase?: string;
}

/** Reads the address; what it does not understand, it leaves out. */
export function parseRunsSearch(search: Record<string, unknown>): RunsSearch {
  const phases = many(search.phase).filter((key) => phaseOfKey(key) !== undefined);
  const name = one(search.name);
  return { ...(name && { name }), ...(phases.length > 0 && { phase: phases.join(',') }) };
}
