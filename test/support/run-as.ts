import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';

/** A user to run a child process as; empty when the current user will do. */
export interface RunAs {
  uid?: number;
  gid?: number;
}

/**
 * PostgreSQL refuses to run as root, so root runs it as `postgres` or, where there is no such user, as `nobody`.
 * Everybody else runs it as himself.
 */
export function unprivilegedUser(): RunAs {
  if (process.getuid?.() !== 0) return {};
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const user = users.find((fields) => fields[0] === name);
    if (user !== undefined) return { uid: Number(user[2]), gid: Number(user[3]) };
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and /etc/passwd has neither a user postgres nor nobody.',
  );
}

/** A temporary folder in which `user` can work: the system's, unless it lies inside a private folder of root. */
export function temporaryFolderFor(user: RunAs): string {
  const candidates = [tmpdir(), '/tmp', '/var/tmp'];
  const found = candidates.find((folder) => canEnter(folder, user));
  if (found === undefined)
    throw new Error(`None of ${candidates.join(', ')} can be used as temporary folder.`);
  return found;
}

function canEnter(folder: string, user: RunAs): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    if (user.uid === undefined) return true;
    const othersMayEnter = (path: string): boolean => (statSync(path).mode & 0o001) !== 0;
    for (let path = folder; ; path = dirname(path)) {
      if (!othersMayEnter(path)) return false;
      if (path === dirname(path)) return true;
    }
  } catch {
    return false;
  }
}
