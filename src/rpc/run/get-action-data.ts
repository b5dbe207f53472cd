import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import { type Inputs, InputsSchema, OutputsSchema } from '../../gen/flyteidl2/task/common_pb.js';
import type {
  GetActionDataRequest,
  GetActionDataURIsRequest,
} from '../../gen/flyteidl2/workflow/run_service_pb.js';
import { findActionId, readInputs } from '../../repository/read/find.ts';
import { DomainError } from '../../runs/errors.ts';
import { fileUri, inputsUri, outputsUri, readFile } from './action-files.ts';
import { namedAction, type RunDeps } from './deps.ts';

/** RunService.GetActionData (deprecated in the contract): inputs and outputs themselves, as far as this service's storage has them. */
export function getActionData(deps: RunDeps) {
  return async ({ actionId: id }: GetActionDataRequest) => {
    const { key, stored } = namedAction(deps, 'RUN', id);
    const { actionId } = await findActionId(deps.dialect.reader, 'RUN', key, stored);
    const inputs = await readActionInputs(deps, actionId);
    const outputs = await readFile(deps, await outputsUri(deps.dialect.reader, actionId), 'outputs');
    return {
      ...(inputs ? { inputs } : {}),
      ...(outputs ? { outputs: decode(OutputsSchema, outputs, 'outputs') } : {}),
    };
  };
}

/** RunService.GetActionDataURIs: where the files are; an address is empty while there is no such file. */
export function getActionDataUris(deps: RunDeps) {
  return async ({ actionId: id }: GetActionDataURIsRequest) => {
    const { key, stored } = namedAction(deps, 'RUN', id);
    const { actionId } = await findActionId(deps.dialect.reader, 'RUN', key, stored);
    return {
      inputsUri: await inputsUri(deps, actionId),
      outputsUri: await outputsUri(deps.dialect.reader, actionId),
    };
  };
}

async function readActionInputs(deps: RunDeps, actionId: number): Promise<Inputs | undefined> {
  const { inputs, input_uri } = await readInputs(deps.dialect.reader, actionId);
  const bytes =
    inputs ??
    (input_uri === null ? undefined : await readFile(deps, fileUri(input_uri, 'inputs.pb'), 'inputs'));
  return bytes && decode(InputsSchema, bytes, 'inputs');
}

/** A message that a file holds. Throws data_loss, naming `what`, if it holds none. */
export function decode<Desc extends DescMessage>(
  schema: Desc,
  bytes: Uint8Array,
  what: string,
): MessageShape<Desc> {
  try {
    return fromBinary(schema, bytes);
  } catch (cause) {
    throw new DomainError('data_loss', `the stored ${what} can't be read as ${schema.typeName}`, { cause });
  }
}
