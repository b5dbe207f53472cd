import type { DeleteSecretRequest } from '../../gen/flyteidl2/secret/payload_pb.js';
import { deleteSecret as deleteRow } from '../../repository/secrets.ts';
import { type SecretDeps, secretKey, secretNotFound } from './deps.ts';

/** SecretService.DeleteSecret. */
export function deleteSecret(deps: SecretDeps) {
  return async ({ id }: DeleteSecretRequest) => {
    const key = secretKey(deps, id);
    const deleted = await deps.dialect.writer.transaction().execute((db) => deleteRow(db, key));
    if (!deleted) throw secretNotFound(key);
    return {};
  };
}
