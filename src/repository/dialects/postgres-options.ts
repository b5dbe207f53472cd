import { readFileSync } from 'node:fs';
import type { ClientConfig } from 'pg';
import { StartupError } from '../../config/errors.ts';

/**
 * Reads libpq options (`sslmode=require application_name=runs`) as they stand in `database.postgres.extraOptions`.
 * Values may be quoted with '. Throws StartupError for an option or value that is not supported, instead of ignoring it.
 */
export function parseExtraOptions(text: string): ClientConfig {
  const config: ClientConfig & { options?: string } = {};
  const ssl: { mode?: string; rootcert?: string; cert?: string; key?: string } = {};
  for (const [, key, quoted, plain] of text.matchAll(/([A-Za-z_]+)\s*=\s*(?:'([^']*)'|(\S*))/g)) {
    const value = quoted ?? plain ?? '';
    switch (key) {
      case 'sslmode':
        ssl.mode = value;
        break;
      case 'sslrootcert':
        ssl.rootcert = value;
        break;
      case 'sslcert':
        ssl.cert = value;
        break;
      case 'sslkey':
        ssl.key = value;
        break;
      case 'application_name':
        config.application_name = value;
        break;
      case 'options':
        config.options = value;
        break;
      default:
        throw new StartupError(
          `database.postgres.extraOptions: ${key} is not supported; known are sslmode, sslrootcert, sslcert, sslkey, application_name, options`,
        );
    }
  }
  const rest = text.replace(/([A-Za-z_]+)\s*=\s*(?:'([^']*)'|(\S*))/g, '').trim();
  if (rest !== '') {
    throw new StartupError('database.postgres.extraOptions must be a list of key=value pairs');
  }
  const files = {
    ...(ssl.rootcert ? { ca: readFileSync(ssl.rootcert, 'utf8') } : {}),
    ...(ssl.cert ? { cert: readFileSync(ssl.cert, 'utf8') } : {}),
    ...(ssl.key ? { key: readFileSync(ssl.key, 'utf8') } : {}),
  };
  switch (ssl.mode ?? 'disable') {
    case 'disable':
      break;
    case 'require':
      config.ssl = { ...files, rejectUnauthorized: false };
      break;
    case 'verify-ca':
      config.ssl = { ...files, rejectUnauthorized: true, checkServerIdentity: () => undefined };
      break;
    case 'verify-full':
      config.ssl = { ...files, rejectUnauthorized: true };
      break;
    default:
      throw new StartupError(
        'database.postgres.extraOptions: sslmode must be disable, require, verify-ca or verify-full',
      );
  }
  return config;
}
