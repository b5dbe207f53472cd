import type { Scope } from '../api/scope.ts';
import { readSetting, writeSetting } from '../shared/settings.ts';

/** The project and domain looked at last, if any. */
export function lastScope(): Scope | undefined {
  const [domain, project] = readSetting('scope', '').split('/');
  return domain && project ? { domain, project } : undefined;
}

/** Keeps what lastScope answers. */
export function rememberScope({ domain, project }: Scope): void {
  if (readSetting('scope', '') !== `${domain}/${project}`) writeSetting('scope', `${domain}/${project}`);
}
