import { readSetting, writeSetting } from '../shared/kept-settings.ts';

/** What services name it that do not keep organizations apart, and accept any. */
const SHARED = 'default';

/**
 * The organization that this page is about, where the service keeps organizations apart; undefined elsewhere. It is the same as long as
 * the document lives: another one is another document, so that nothing of the one before is shown. The address says which; else
 * it is the one that was looked at last in this browser, or the one that Flyte's clients make up for a service at this address.
 */
export const separateOrganization = readOrganization();

/** The organization as requests name it. */
export function organization(): string {
  return separateOrganization ?? SHARED;
}

/** The address of a page, with the organization in it if there is one. */
export function withOrganization(path: string): string {
  if (separateOrganization === undefined) return path;
  return `${path}${path.includes('?') ? '&' : '?'}org=${encodeURIComponent(separateOrganization)}`;
}

/** Writes the organization into an address that came without, as the SDK prints it, so that it can be sent to somebody. */
export function completeAddress(): void {
  const { pathname, search, hash } = location;
  if (separateOrganization === undefined || new URLSearchParams(search).get('org')) return;
  history.replaceState(history.state, '', withOrganization(pathname + search) + hash);
}

/** The organizations that were looked at in this browser, the last one first. */
export function knownOrganizations(): string[] {
  return readSetting('organizations', '')
    .split(' ')
    .filter((name) => name !== '');
}

const MOST_KNOWN = 20;

function readOrganization(): string | undefined {
  const page = globalThis.document;
  const says = page?.querySelector<HTMLMetaElement>('meta[name="organizations"]')?.content;
  if (says !== 'separate') return undefined;
  const asked = new URLSearchParams(page.location.search).get('org')?.trim();
  const known = knownOrganizations();
  const name = asked || known[0] || page.location.hostname.split('.')[0] || SHARED;
  const all = [name, ...known.filter((other) => other !== name)].slice(0, MOST_KNOWN);
  if (all.join(' ') !== known.join(' ')) writeSetting('organizations', all.join(' '));
  return name;
}
