import type { CreateSecretRequest } from '../../gen/flyteidl2/secret/payload_pb.js';
import { alreadyExists } from '../../runs/errors.ts';
import { quote } from '../../runs/names.ts';
import { secretText } from '../../secrets/identity.ts';
import { requireOwner, type SecretDeps, secretKey } from './deps.ts';
import { secretValue } from './value.ts';

/** SecretService.CreateSecret: of an organization (no project and domain), a domain, or a project in a domain. */
export function createSecret(deps: SecretDeps) {
  return async ({ id, secretSpec }: CreateSecretRequest) => {
    const key = secretKey(deps, id);
    const spec = secretValue(secretSpec);
    const org = id?.organization ?? '';
    await requireOwner(deps, org, key);
    const now = deps.clock();
    const created = await deps.store.create({ ...key, ...spec, org, created_at: now, updated_at: now });
    if (!created) throw alreadyExists(`secret ${quote(secretText(key))} exists already; update or delete it`);
    return {};
  };
}
