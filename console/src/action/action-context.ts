import { create } from '@bufbuild/protobuf';
import { createContext, useContext } from 'react';
import {
  type ActionIdentifier,
  ActionIdentifierSchema,
  type RunIdentifier,
} from '../../../src/gen/flyteidl2/common/identifier_pb.js';
import type { ActionDetails } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { ActionSearch } from './action-search.ts';

/** What the tabs of an action's panel share. */
export interface ActionContextValue {
  readonly id: ActionIdentifier;
  /** Everything known about it; undefined until it has been read once. */
  readonly details: ActionDetails | undefined;
  readonly search: ActionSearch;
  /** The attempt that is looked at: the one that the address names, else the latest. */
  readonly attempt: number;
  /** Changes the address, and so what is shown; without a new entry in the history. */
  change(search: Partial<Record<keyof ActionSearch, string | undefined>>): void;
  /** The address that `change` would lead to. */
  hrefOf(search: Partial<Record<keyof ActionSearch, string | undefined>>): string;
}

/** Set by the panel of an action. */
export const ActionContext = createContext<ActionContextValue | undefined>(undefined);

/** The action whose panel this is a part of. */
export function useAction(): ActionContextValue {
  const action = useContext(ActionContext);
  if (action === undefined) throw new Error('This is no part of an action’s panel.');
  return action;
}

/** An action as requests name it. */
export function actionId(run: RunIdentifier, name: string): ActionIdentifier {
  return create(ActionIdentifierSchema, { run, name });
}
