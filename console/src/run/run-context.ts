import { createContext, useContext } from 'react';
import type { RunIdentifier } from '../../../src/gen/flyteidl2/common/identifier_pb.js';
import type { RunKind } from '../api/clients.ts';
import type { Scope } from '../api/scope.ts';
import type { RunTree } from './tree/run-tree.ts';

/** What the parts of a run's page share, the side panel included. */
export interface RunPageContext {
  readonly kind: RunKind;
  readonly scope: Scope;
  /** The run's name. */
  readonly name: string;
  readonly id: RunIdentifier;
  /** The run's actions, live: `useFrameStore(tree.frames)`, then `tree.get(action)`. */
  readonly tree: RunTree;
  /** Opens an action in the side panel; `replace`: in the place of the one that is open, also in the history. */
  openAction(action: string, replace?: boolean): void;
  /** Closes the side panel. */
  closeAction(): void;
}

/** Set by the page of a run. */
export const RunContext = createContext<RunPageContext | undefined>(undefined);

/** The run whose page this is a part of. */
export function useRun(): RunPageContext {
  const run = useContext(RunContext);
  if (run === undefined) throw new Error('This is no part of a run’s page.');
  return run;
}
