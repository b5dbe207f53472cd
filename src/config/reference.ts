import { configKeys } from './keys.ts';
import type { Config } from './resolve.ts';
import type { S3Config } from './storage.ts';

/** One row of the reference of the configuration. */
export interface ConfigReference {
  key: string;
  type: string;
  /** Empty when the key has no default. */
  default: string;
  environment: string;
  meaning: string;
}

/** Every key of the configuration with its type, default, environment variable and meaning. */
export function configReference(): ConfigReference[] {
  return configKeys.map(({ path, type, default: standard, environment, meaning }) => ({
    key: path.join('.'),
    type,
    default: standard,
    environment,
    meaning,
  }));
}

/** The reference as a table in Markdown, as it stands in the README. */
export function configReferenceTable(): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const code = (text: string) => (text ? `\`${text}\`` : '');
  const rows = configReference().map(
    (row) => `| \`${row.key}\` | ${cell(row.type)} | ${code(row.default)} | ${cell(row.meaning)} |`,
  );
  return ['| key | type | default | meaning |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}

/** The configuration as it may be logged: passwords and what could hold one are replaced. */
export function redactedConfig(config: Config): Config {
  const { database, storage, secrets } = config;
  const rest = {
    ...config,
    secrets: { ...secrets, key: secrets.key && REDACTED },
    storage: { ...storage, s3: storage.s3 && { ...storage.s3, credentials: redactedLogin(storage.s3) } },
  };
  if (database.kind !== 'postgres') return rest;
  const extraOptions = database.extraOptions.replaceAll(
    /(pass\w*\s*=\s*)('(?:[^'\\]|\\.)*'|\S+)/gi,
    '$1[redacted]',
  );
  return { ...rest, database: { ...database, password: database.password && REDACTED, extraOptions } };
}

const REDACTED = '[redacted]';

function redactedLogin({ credentials }: S3Config): S3Config['credentials'] {
  return credentials && { ...credentials, secretAccessKey: REDACTED };
}
