import type { ServiceImpl } from '@connectrpc/connect';
import type { SecretService } from '../../gen/flyteidl2/secret/secret_pb.js';
import { createSecret } from './create-secret.ts';
import { deleteSecret } from './delete-secret.ts';
import type { SecretDeps } from './deps.ts';
import { getSecret } from './get-secret.ts';
import { listSecrets } from './list-secrets.ts';
import { updateSecret } from './update-secret.ts';

/** SecretService: secrets go in; what comes out is that they are there. Only tasks get their values. */
export function createSecretService(deps: SecretDeps): ServiceImpl<typeof SecretService> {
  return {
    createSecret: createSecret(deps),
    updateSecret: updateSecret(deps),
    getSecret: getSecret(deps),
    deleteSecret: deleteSecret(deps),
    listSecrets: listSecrets(deps),
  };
}
