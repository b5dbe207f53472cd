import { createHash } from 'node:crypto';
import { toBinary } from '@bufbuild/protobuf';
import { type Literal, LiteralSchema } from '../../gen/flyteidl2/core/literals_pb.js';
import type { Inputs } from '../../gen/flyteidl2/task/common_pb.js';

/** The hash of no inputs; the contract wants a text that is not empty. */
const NOTHING = createHash('sha256').digest('base64');

/**
 * The hash of inputs that goes into the cache key of a root action: by their content, where a literal tells a hash of it, and without
 * the inputs that the task ignores. Flyte's SDK hashes the inputs of children in the same way, so that a task finds its result wherever it
 * ran first. The maps of `inputs` must be sorted.
 */
export function inputsHash(inputs: Inputs, ignored: readonly string[]): string {
  const counted = inputs.literals.filter(({ name }) => !ignored.includes(name));
  if (counted.length === 0) return NOTHING;
  const hash = createHash('sha256');
  for (const { name, value } of counted) {
    hash.update(`${name}:`);
    if (value !== undefined) updateWith(hash, value);
    hash.update(';');
  }
  return hash.digest('base64');
}

function updateWith(hash: ReturnType<typeof createHash>, literal: Literal): void {
  if (literal.hash !== '') {
    hash.update(literal.hash);
    return;
  }
  const { value } = literal;
  switch (value.case) {
    case 'collection':
      for (const one of value.value.literals) updateWith(hash, one);
      break;
    case 'map':
      // Sorted here: a plain object keeps numbers first.
      for (const [key, one] of Object.entries(value.value.literals).sort(([a], [b]) => (a < b ? -1 : 1))) {
        hash.update(key);
        updateWith(hash, one);
      }
      break;
    default:
      hash.update(toBinary(LiteralSchema, literal));
  }
}
