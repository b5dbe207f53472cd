import { create } from '@bufbuild/protobuf';
import type { Action } from '../../gen/flyteidl2/actions/actions_service_pb.js';
import { EnrichedIdentitySchema } from '../../gen/flyteidl2/common/identity_pb.js';
import { type RunSpec, RunSpecSchema } from '../../gen/flyteidl2/task/run_pb.js';
import { RunSource } from '../../gen/flyteidl2/workflow/run_definition_pb.js';
import { createRun } from '../../repository/write/commands/create-run.ts';
import { invalidArgument } from '../../runs/errors.ts';
import { ROOT_ACTION } from '../../runs/identity.ts';
import { checkRunName, quote } from '../../runs/names.ts';
import { readSpec } from '../internal-run/read-request.ts';
import { checkLabels, checkName, checkPlace, checkUri } from '../run/checks.ts';
import { anonymous, namedAction } from '../run/deps.ts';
import type { ActionsDeps } from './deps.ts';

/**
 * An action without a parent: another runs service hands a whole run to this one. The run is made here under its own name, and what happens
 * to it is reported back (`executor.reportTo`). Again with the same name it changes nothing: callers retry.
 */
export async function enqueueRoot(deps: ActionsDeps, action: Action, runSpec?: RunSpec): Promise<void> {
  const { key, stored } = namedAction(deps, 'RUN', action.actionId);
  if (key.name !== ROOT_ACTION) {
    throw invalidArgument(
      `action.parent_action_name must be set: only the root action, ${quote(ROOT_ACTION)}, has none`,
    );
  }
  if (action.spec.case !== 'task') throw invalidArgument('the root action of a run must be a task');
  checkRunName(key.run.name);
  checkPlace(key.run, deps.domains);
  checkName(action.subject, 'action.subject');
  checkUri(action.inputUri, 'action.input_uri');
  const labels = runSpec?.labels?.values ?? {};
  checkLabels(labels);
  await deps.writer.submit(
    createRun({
      key: key.run,
      stored,
      kind: 'RUN',
      ...readSpec(deps.clock(), action.spec),
      runSpec: runSpec ?? create(RunSpecSchema),
      labels,
      source: RunSource.UNSPECIFIED,
      inputUri: action.inputUri,
      createdBy: action.subject === '' ? anonymous : person(action.subject),
      execute: deps.executesTasks,
      autoCreateProject: deps.autoCreateProjects,
      delegated: true,
    }),
  );
}

function person(subject: string) {
  return create(EnrichedIdentitySchema, { principal: { case: 'user', value: { id: { subject } } } });
}
