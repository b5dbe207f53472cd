import { fromBinary } from '@bufbuild/protobuf';
import { type SettingsKey, SettingsSchema } from '../../gen/flyteidl2/settings/settings_definition_pb.js';
import type { Dialect } from '../../repository/dialects/dialect.ts';
import type { SettingsRow, StoredSettingsKey } from '../../repository/settings.ts';
import { invalidArgument } from '../../runs/errors.ts';
import { type Organizations, orgKey } from '../../runs/identity.ts';
import type { Clock } from '../../runs/instant.ts';
import { checkPlainText } from '../../runs/names.ts';
import { checkDomain } from '../project/checks.ts';

/** What the settings service works with. */
export interface SettingsDeps {
  readonly dialect: Dialect;
  readonly clock: Clock;
  readonly organizations: Organizations;
  readonly domains: readonly string[];
  /** Throws not_found or failed_precondition with a sentence unless there can be runs in that project and domain. */
  readonly requireProject: (org: string, project: string, domain: string) => Promise<void>;
}

/** A level that a request names. */
export interface NamedLevel {
  readonly key: SettingsKey;
  readonly stored: StoredSettingsKey;
}

/** Reads a request's key. Throws invalid_argument for a project outside of a domain, not_found for a level that can't exist. */
export async function namedLevel(deps: SettingsDeps, key: SettingsKey | undefined): Promise<NamedLevel> {
  if (key === undefined) throw invalidArgument('key must be set');
  const { org, project, domain } = key;
  for (const [field, text] of Object.entries({ org, project, domain })) checkPlainText(text, `key.${field}`);
  if (project !== '' && domain === '') {
    throw invalidArgument('key.domain must be set, because key.project is: projects live in domains');
  }
  if (project !== '') await deps.requireProject(org, project, domain);
  else if (domain !== '') checkDomain(domain, deps.domains);
  return { key, stored: { org_key: orgKey(deps.organizations, org), project, domain } };
}

/** A level's settings as answers show them. */
export function recordOf({ org, project, domain, version, settings }: SettingsRow) {
  return {
    key: { org, project, domain },
    settings: fromBinary(SettingsSchema, settings),
    version: BigInt(version),
  };
}
