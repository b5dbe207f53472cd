import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { type ServerConfig, StartupError } from '../config.ts';

const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';

/** Why the port cannot be opened, in one sentence; `key` is the key of the configuration that names it. */
export function describeListenError(
  error: Error,
  { host, port }: Pick<ServerConfig, 'host' | 'port'>,
  key = 'runs.server.port',
): StartupError {
  const sentence = () => {
    switch (codeOf(error)) {
      case 'EADDRINUSE':
        return `port ${port} on ${host} is already in use; stop the other process or set ${key} to another one`;
      case 'EACCES':
        return `port ${port} on ${host} needs more rights than this process has; set ${key} to 1024 or above`;
      case 'EADDRNOTAVAIL':
      case 'ENOTFOUND':
      case 'EAI_AGAIN':
        return `runs.server.host ${host} is not an address of this machine`;
      default:
        return `cannot listen on ${host} port ${port}: ${error.message}`;
    }
  };
  return new StartupError(sentence(), { cause: error });
}

/** Reads the certificate and its key and checks that they belong together. Throws a StartupError that names the key. */
export function readTlsFiles(tls: NonNullable<ServerConfig['tls']>): { cert: string; key: string } {
  const cert = readPem('runs.server.tls.certFile', tls.certFile);
  const key = readPem('runs.server.tls.keyFile', tls.keyFile);
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const sentence = `runs.server.tls: ${tls.certFile} and ${tls.keyFile} are no certificate with its private key (${reason})`;
    throw new StartupError(sentence, { cause: error });
  }
  return { cert, key };
}

function readPem(key: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'does not exist' : `cannot be read (${codeOf(error)})`;
    throw new StartupError(`${key}: the file ${file} ${why}`, { cause: error });
  }
}
