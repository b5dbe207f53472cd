import type { SecretsConfig } from '../config/storage.ts';
import type { Dialect } from '../repository/dialects/dialect.ts';
import { configuredKey, keyFile } from './key-source.ts';
import { SecretStore } from './store.ts';

/** The secrets of a database. Throws a StartupError if there are some that the configured key can't decrypt. */
export async function openSecrets(config: SecretsConfig, dialect: Dialect): Promise<SecretStore> {
  const source = config.key === undefined ? keyFile(config.keyFile) : configuredKey(config.key);
  const store = new SecretStore(dialect, source);
  await store.checkKey();
  return store;
}
