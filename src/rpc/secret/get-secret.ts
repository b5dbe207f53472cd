import type { GetSecretRequest } from '../../gen/flyteidl2/secret/payload_pb.js';
import { findSecret } from '../../repository/secrets.ts';
import { secretMessage } from './convert.ts';
import { type SecretDeps, secretKey, secretNotFound } from './deps.ts';

/** SecretService.GetSecret: that it exists, its type and since when; exactly where the request looks, not in wider scopes. */
export function getSecret(deps: SecretDeps) {
  return async ({ id }: GetSecretRequest) => {
    const key = secretKey(deps, id);
    const row = await findSecret(deps.dialect.reader, key);
    if (row === undefined) throw secretNotFound(key);
    return { secret: secretMessage(row) };
  };
}
