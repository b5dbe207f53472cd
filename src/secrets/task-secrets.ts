import type { Buffer } from 'node:buffer';
import { type Secret, Secret_MountType } from '../gen/flyteidl2/core/security_pb.js';
import { DomainError, failedPrecondition, notFound } from '../runs/errors.ts';
import { quote } from '../runs/names.ts';
import type { SecretScope } from './identity.ts';
import type { SecretStore } from './store.ts';

/**
 * The secrets that a task asks for, as environment variables. Throws not_found for one that is not stored, failed_precondition for one
 * that can't be a variable: a file, or bytes that are no text.
 */
export async function secretVariables(
  store: Pick<SecretStore, 'resolveSecrets'>,
  scope: SecretScope,
  wanted: readonly Secret[],
): Promise<Record<string, string>> {
  if (wanted.length === 0) return {};
  const values = await store.resolveSecrets(
    scope,
    wanted.map(({ key }) => key),
  );
  return Object.fromEntries(wanted.map((secret) => [variableOf(secret), textOf(secret, values)]));
}

/**
 * The name that Flyte's SDK looks for where the task names none. As files the SDK knows secrets in one place only, and by no variable that
 * could name another one; processes of one machine share that place, and with it they would share the secrets.
 */
function variableOf({ envVar, group, key, mountRequirement }: Secret): string {
  if (mountRequirement === Secret_MountType.FILE) {
    throw failedPrecondition(
      `secret ${quote(key)} is wanted as a file in /etc/flyte/secrets, which all processes of this machine share; ask for it as a variable: flyte.Secret(${quote(key)}, as_env_var="NAME")`,
    );
  }
  return envVar || [group, key].filter(Boolean).join('_').replaceAll('-', '_').toUpperCase();
}

function textOf({ key }: Secret, values: ReadonlyMap<string, Buffer>): string {
  const value = values.get(key);
  if (value === undefined) {
    throw notFound(
      `there is no secret ${quote(key)} of the task's project, domain or organization; flyte create secret ${key} makes one`,
    );
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
    if (!text.includes('\0')) return text;
  } catch (error) {
    // The cause would hold nothing of the value either, but the sentence says it all.
    if (!(error instanceof TypeError)) throw error;
  }
  throw new DomainError(
    'failed_precondition',
    `secret ${quote(key)} is no text, so it can't be an environment variable; store it as base64, for example`,
  );
}
