import { createHash } from 'node:crypto';
import { clone, toBinary } from '@bufbuild/protobuf';
import {
  type TypedInterface,
  TypedInterfaceSchema,
  type VariableMap,
} from '../gen/flyteidl2/core/interface_pb.js';
import type { TaskSpec } from '../gen/flyteidl2/task/task_definition_pb.js';

/**
 * The key under which the result of a root action is cached; undefined if its task is not to be cached. Children bring their keys along:
 * Flyte's SDK makes them in the same way, so a task finds its result wherever it ran first. `inputsHash` leaves out what the task ignores.
 */
export function rootCacheKey(spec: TaskSpec, inputsHash: string): string | undefined {
  const template = spec.taskTemplate;
  if (!template?.metadata?.discoverable) return undefined;
  const name = template.id?.name ?? '';
  return digest(inputsHash + name + interfaceHash(template.interface) + template.metadata.discoveryVersion);
}

/** The hash of inputs that came with the request; those that were uploaded bring theirs along. */
export function inlineInputsHash(inputs: Uint8Array | undefined): string {
  return inputs === undefined || inputs.length === 0 ? '' : digest(inputs);
}

/** Digest of an interface, whatever order its variables stand in. */
function interfaceHash(typed: TypedInterface | undefined): string {
  if (typed === undefined) return '';
  const sorted = clone(TypedInterfaceSchema, typed);
  sortVariables(sorted.inputs);
  sortVariables(sorted.outputs);
  return digest(toBinary(TypedInterfaceSchema, sorted));
}

function sortVariables(map: VariableMap | undefined): void {
  map?.variables.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
}

function digest(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('base64');
}
