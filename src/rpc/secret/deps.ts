import type { SecretIdentifier } from '../../gen/flyteidl2/secret/definition_pb.js';
import type { Dialect } from '../../repository/dialects/dialect.ts';
import { invalidArgument, notFound } from '../../runs/errors.ts';
import { type Organizations, orgKey } from '../../runs/identity.ts';
import type { Clock } from '../../runs/instant.ts';
import { checkPlainText, quote } from '../../runs/names.ts';
import { type SecretKey, secretText } from '../../secrets/identity.ts';
import type { SecretStore } from '../../secrets/store.ts';
import { checkDomain } from '../project/checks.ts';

/** What the secret service works with. */
export interface SecretDeps {
  readonly dialect: Dialect;
  readonly store: SecretStore;
  readonly clock: Clock;
  readonly organizations: Organizations;
  readonly domains: readonly string[];
  /** Throws not_found or failed_precondition with a sentence unless there can be runs in that project and domain. */
  readonly requireProject: (org: string, project: string, domain: string) => Promise<void>;
}

const MAX_NAME_LENGTH = 255;

/** The secret that a request names. Throws invalid_argument for one that can't exist. */
export function secretKey(
  deps: Pick<SecretDeps, 'organizations'>,
  id: SecretIdentifier | undefined,
): SecretKey {
  if (id === undefined) throw invalidArgument('id must be set');
  const { project, domain, name } = id;
  if (name.length > MAX_NAME_LENGTH) {
    throw invalidArgument(`id.name must have at most ${MAX_NAME_LENGTH} characters, not ${name.length}`);
  }
  return { ...ownerOf(deps, id.organization, project, domain, 'id.'), name };
}

/** The organization, domain or project that a request names. Throws invalid_argument for a project outside of a domain. */
export function ownerOf(
  { organizations }: Pick<SecretDeps, 'organizations'>,
  organization: string,
  project: string,
  domain: string,
  prefix = '',
): Omit<SecretKey, 'name'> {
  if (organization === '' && organizations === 'separate') {
    throw invalidArgument(`${prefix}organization must be set: this service keeps organizations apart`);
  }
  for (const [field, text] of Object.entries({ organization, project, domain })) {
    checkPlainText(text, prefix + field);
  }
  if (project !== '' && domain === '') {
    throw invalidArgument(
      `${prefix}domain must be set, because ${prefix}project is: projects live in domains`,
    );
  }
  return { org_key: orgKey(organizations, organization), project, domain };
}

/** Throws not_found or failed_precondition unless the domain, and the project in it, can have secrets. */
export async function requireOwner(
  deps: SecretDeps,
  org: string,
  { project, domain }: SecretKey,
): Promise<void> {
  if (project !== '') await deps.requireProject(org, project, domain);
  else if (domain !== '') checkDomain(domain, deps.domains);
}

/** The error for a secret that is not there; the sentence says where it was looked for. */
export function secretNotFound(key: SecretKey) {
  const where = key.project !== '' ? 'project' : key.domain !== '' ? 'domain' : 'organization';
  return notFound(`there is no secret ${quote(secretText(key))} of this ${where}`);
}
