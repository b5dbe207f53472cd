/** Which secret: `org_key` is empty where organizations are shared; project and domain are empty where it belongs to all of them. */
export interface SecretKey {
  readonly org_key: string;
  readonly project: string;
  readonly domain: string;
  readonly name: string;
}

/** Where a task runs, for which secrets are looked up. */
export type SecretScope = Omit<SecretKey, 'name'>;

/** The text that a ciphertext is bound to; JSON keeps the parts apart whatever they contain. */
export function identityText({ org_key, project, domain, name }: SecretKey): string {
  return JSON.stringify(['secret/1', org_key, project, domain, name]);
}

/** `project/domain/name`, for messages; what does not apply is left out. */
export function secretText({ project, domain, name }: SecretKey): string {
  return [project, domain, name].filter((part) => part !== '').join('/');
}
