import type { Scope } from '../api/scope.ts';
import { separateOrganization } from '../api/organization.ts';
import { readSetting, writeSetting } from '../shared/kept-settings.ts';

const NAME = separateOrganization === undefined ? 'scope' : `scope.${separateOrganization}`;

/** The project and domain looked at last, if any. */
export function lastScope(): Scope | undefined {
  const [domain, project] = readSetting(NAME, '').split('/');
  return domain && project ? { domain, project } : undefined;
}

/** Keeps what lastScope answers. */
export function rememberScope({ domain, project }: Scope): void {
  if (readSetting(NAME, '') !== `${domain}/${project}`) writeSetting(NAME, `${domain}/${project}`);
}
