import type { UpdateSecretRequest } from '../../gen/flyteidl2/secret/payload_pb.js';
import { type SecretDeps, secretKey, secretNotFound } from './deps.ts';
import { secretValue } from './value.ts';

/** SecretService.UpdateSecret: another value, and type, for a secret that is there. */
export function updateSecret(deps: SecretDeps) {
  return async ({ id, secretSpec }: UpdateSecretRequest) => {
    const key = secretKey(deps, id);
    const updated = await deps.store.update({
      ...key,
      ...secretValue(secretSpec),
      updated_at: deps.clock(),
    });
    if (!updated) throw secretNotFound(key);
    return {};
  };
}
