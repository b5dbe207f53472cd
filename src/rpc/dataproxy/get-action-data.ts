import type { GetActionDataRequest } from '../../gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { type Inputs, InputsSchema, OutputsSchema } from '../../gen/flyteidl2/task/common_pb.js';
import { invalidArgument, notFound } from '../../runs/errors.ts';
import { type ActionKey, actionText } from '../../runs/identity.ts';
import { quote } from '../../runs/names.ts';
import { storeInputs } from '../../storage/inline-inputs.ts';
import { trackedRunFile } from '../../storage/tracked-runs.ts';
import { readFile } from '../run/action-files.ts';
import { decode } from '../run/get-action-data.ts';
import { type ActionData, type DataProxyDeps, pathOrganization } from './deps.ts';

/**
 * DataProxyService.GetActionData: inputs and outputs themselves, and where they are, for executed and tracked runs. What is not there
 * (yet) is empty, with one exception: inputs of a task that were uploaded but are gone are not_found, because whoever re-runs the action
 * with none would get another result.
 */
export function getActionData(deps: DataProxyDeps) {
  return async ({ actionId: id, runSource }: GetActionDataRequest) => {
    const run = id?.run;
    if (!run) throw invalidArgument('action_id.run must be set');
    const action: ActionKey = { run, name: id.name };
    const org = pathOrganization(deps, run.org);
    const data = await deps.actions.actionData(action, runSource);
    const { inputs, inputsUri } = await readInputs(deps, org, action, data);
    const outputs = await readFile(deps, data.outputsUri, 'outputs');
    return {
      inputsUri,
      ...(inputs ? { inputs } : {}),
      ...(outputs ? { outputs: decode(OutputsSchema, outputs, 'outputs'), outputsUri: data.outputsUri } : {}),
    };
  };
}

async function readInputs(
  deps: DataProxyDeps,
  org: string,
  action: ActionKey,
  data: ActionData,
): Promise<{ inputs?: Inputs; inputsUri: string }> {
  if (data.inputs !== undefined) {
    const inputs = decode(InputsSchema, data.inputs, 'inputs');
    return { inputs, inputsUri: await storeInputs(deps.storage, data.inputs) };
  }
  // Tracked runs never say where their inputs are: the SDK puts them in a place that everybody knows.
  const known = data.tracked
    ? deps.storage.nativeUrl(trackedRunFile(org, action, undefined, 'inputs.pb'))
    : '';
  const inputsUri = data.inputsUri || known;
  const content = await readFile(deps, inputsUri, 'inputs');
  if (content !== undefined) return { inputs: decode(InputsSchema, content, 'inputs'), inputsUri };
  if (data.task && data.inputsUri !== '') {
    throw notFound(
      `the inputs of action ${actionText(action)} are no longer in the storage: there is no ${quote(inputsUri)}`,
    );
  }
  return { inputsUri: '' };
}
