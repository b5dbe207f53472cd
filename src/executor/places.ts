import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Instant } from '../runs/instant.ts';
import { joinStoragePath, type StoragePath, storagePath } from '../storage/paths.ts';

/** Which run: its key, and when it was made. A run of the same name in a new database has places of its own. */
export interface RunPlace {
  readonly stored: {
    readonly org_key: string;
    readonly project: string;
    readonly domain: string;
    readonly name: string;
  };
  readonly createdAt: Instant;
}

/** Which attempt of an action. */
export interface AttemptPlace extends RunPlace {
  readonly action: string;
  readonly attempt: number;
}

/** The folder below `workDir` in which an attempt's process works and its log is kept. */
export function attemptFolder(workDir: string, { action, attempt, ...run }: AttemptPlace): string {
  return join(workDir, 'runs', ...runSegments(run), segment(action), String(attempt));
}

/** What an attempt wrote to standard output and standard error; the file is there once its process was started. */
export function attemptLogFile(workDir: string, place: AttemptPlace): string {
  return join(attemptFolder(workDir, place), 'log');
}

/** The folder in the storage where the run's results are: `<it>/<action>/<attempt>`. */
export function runBase(run: RunPlace): StoragePath {
  return joinStoragePath(
    storagePath('runs', 'the path'),
    ...runSegments(run).map((one) => storagePath(one, 'the path')),
  );
}

/** The folder of an attempt's results, as a URI. */
export function outputPrefix(baseUri: string, action: string, attempt: number): string {
  return `${baseUri.replace(/\/+$/, '')}/${segment(action)}/${attempt}`;
}

function runSegments({ stored, createdAt }: RunPlace): string[] {
  const owner = stored.org_key === '' ? [] : [`@${segment(stored.org_key)}`];
  const since = createdAt.replace(/[^0-9T]/g, '');
  return [...owner, segment(stored.project), segment(stored.domain), segment(stored.name), since];
}

const MAX_SEGMENT = 150;

/** A name as one segment of a path: what could lead elsewhere is escaped, what is too long gives way to a digest. */
function segment(name: string): string {
  const escaped = encodeURIComponent(name).replace(/^\.+/, (dots) => '%2E'.repeat(dots.length));
  if (escaped.length <= MAX_SEGMENT) return escaped;
  return `${escaped.slice(0, 80)}-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
}
