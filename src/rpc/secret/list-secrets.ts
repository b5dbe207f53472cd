import type { ListSecretsRequest } from '../../gen/flyteidl2/secret/payload_pb.js';
import { listSecrets as listRows, type SecretInfoRow } from '../../repository/secrets.ts';
import { invalidArgument } from '../../runs/errors.ts';
import { listDigest, readPageToken, writePageToken } from '../../runs/page-token.ts';
import { secretMessage } from './convert.ts';
import { ownerOf, type SecretDeps } from './deps.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/**
 * SecretService.ListSecrets, by project, domain and name. A domain or project that the request leaves empty is no condition: without
 * both, all secrets of the organization are listed, those of its domains and projects included.
 */
export function listSecrets(deps: SecretDeps) {
  return async ({ organization, project, domain, limit, token }: ListSecretsRequest) => {
    if (limit < 0 || limit > MAX_LIMIT) throw invalidArgument(`limit must be from 0 to ${MAX_LIMIT}`);
    const { org_key: orgKey } = ownerOf(deps, organization, project, domain);
    const list = listDigest('secrets', orgKey, project, domain);
    const size = limit || DEFAULT_LIMIT;
    // One more than asked for shows whether there is a next page.
    const rows = await listRows(deps.dialect.reader, {
      orgKey,
      project: project || undefined,
      domain: domain || undefined,
      after: token === '' ? undefined : positionOf(token, list),
      limit: size + 1,
    });
    const page = rows.slice(0, size);
    const last = rows.length > size ? page.at(-1) : undefined;
    return { secrets: page.map(secretMessage), token: last ? tokenOf(last, list) : '' };
  };
}

function tokenOf({ project, domain, name }: SecretInfoRow, list: string): string {
  return writePageToken(list, [project, domain, name]);
}

function positionOf(token: string, list: string) {
  const [project, domain, name] = readPageToken(token, list, ['text', 'text', 'text']) as string[];
  return { project: project ?? '', domain: domain ?? '', name: name ?? '' };
}
