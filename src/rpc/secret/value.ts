import { Buffer } from 'node:buffer';
import { type SecretSpec, SecretType } from '../../gen/flyteidl2/secret/definition_pb.js';
import { invalidArgument } from '../../runs/errors.ts';

/** A task gets its secrets as environment variables, each of which Linux bounds to 128 KiB. */
const MAX_VALUE_BYTES = 64 * 1024;

/** Reads what a secret is to hold. Throws invalid_argument, with a sentence that does not repeat any of it. */
export function secretValue(spec: SecretSpec | undefined): { type: SecretType; value: Uint8Array } {
  const given = spec?.value;
  if (spec === undefined || given?.case === undefined) {
    throw invalidArgument('secret_spec.string_value or secret_spec.binary_value must be set');
  }
  if (SecretType[spec.type] === undefined) {
    throw invalidArgument(`secret_spec.type ${spec.type} is not a type of this contract`);
  }
  const value = given.case === 'stringValue' ? Buffer.from(given.value) : given.value;
  if (value.length === 0 || value.length > MAX_VALUE_BYTES) {
    throw invalidArgument(
      `the value of a secret must have 1 to ${MAX_VALUE_BYTES} bytes, not ${value.length}`,
    );
  }
  return { type: spec.type, value };
}
