import { notFound } from '../../../runs/errors.ts';
import { type ActionKey, type Organizations, orgKey, type RunKey, runText } from '../../../runs/identity.ts';
import { quote } from '../../../runs/names.ts';
import { type NeededAction, runKeyText, type StoredRunKey } from '../command.ts';
import type { ActionState, RunState } from '../states.ts';
import type { Unit } from '../unit.ts';

/** Whether a run was created to be executed (RunService) or is reported by its own process (TrackedRunService). */
export type RunKind = 'RUN' | 'TRACKED';

/** The run as unique keys name it. */
export function storedKey(organizations: Organizations, run: RunKey): StoredRunKey {
  return {
    org_key: orgKey(organizations, run.org),
    project: run.project,
    domain: run.domain,
    name: run.name,
  };
}

/** An action that a command needs, with the named attempts. */
export function needAction(
  run: StoredRunKey,
  name: string,
  attempts: NeededAction['attempts'] = [],
): NeededAction {
  return { run, name, attempts };
}

const ATTEMPTS = Array.from({ length: 10 }, (_, attempt) => [attempt] as const);

/** What `needAction` takes for a single attempt. */
export function onlyAttempt(attempt: number): readonly [number] {
  return ATTEMPTS[attempt] ?? [attempt];
}

/** The run in the unit. Throws not_found if there is none of this kind: the two kinds do not see each other. */
export function findRun(unit: Unit, kind: RunKind, key: RunKey, stored: StoredRunKey): RunState {
  const run = unit.runs.get(runKeyText(stored));
  if (run === undefined || run.row.kind !== kind) throw runNotFound(kind, key);
  return run;
}

/** The action in the unit. Throws not_found if there is none. */
export function findAction(unit: Unit, kind: RunKind, key: ActionKey, stored: StoredRunKey): ActionState {
  const run = findRun(unit, kind, key.run, stored);
  const action = run.actions.get(key.name);
  if (action === undefined) throw actionNotFound(key);
  return action;
}

/** The error for a run that is not there. */
export function runNotFound(kind: RunKind, key: RunKey) {
  return notFound(`there is no ${kind === 'TRACKED' ? 'tracked run' : 'run'} ${quote(runText(key))}`);
}

/** The error for an action that is not there. */
export function actionNotFound(key: ActionKey) {
  return notFound(`run ${quote(runText(key.run))} has no action ${quote(key.name)}`);
}
