import type { Row } from '../repository/schema.ts';
import { processStart, survivors } from './process-table.ts';
import { readWrapperPid, revokeStart } from './wrapper.ts';

/** A process as the table of processes knows it. */
export interface KnownProcess {
  readonly pid: number;
  readonly start: string;
}

/**
 * What became of an attempt that an earlier executor held: it never began and never will; its process is there; or it is over, and
 * `process` is what ran (undefined: nobody knows).
 */
export type Finding =
  | { readonly is: 'unstarted' }
  | { readonly is: 'alive'; readonly process: KnownProcess }
  | { readonly is: 'over'; readonly process: KnownProcess | undefined };

/** Finds out from the row, the attempt's folder and the table of processes; `pause` is called between two looks and may throw. */
export async function findProcess(
  { folder, token, pid, pid_start: start }: Row<'executions'>,
  pause: () => Promise<void>,
): Promise<Finding> {
  // Without a folder it was claimed and no more.
  if (folder === null || token === null) return { is: 'unstarted' };
  const known = pid === null || start === null ? await readWrapperPid(folder, token) : { pid, start };
  if (known !== undefined && (await isAlive(known))) return { is: 'alive', process: known };
  if ((await revokeStart(folder, token)) === 'never') return { is: 'unstarted' };
  const found = known ?? (await awaitPid(folder, token, pause));
  if (found !== undefined && (await isAlive(found))) return { is: 'alive', process: found };
  return { is: 'over', process: found };
}

/** Whether the first process of a task is still there. */
export async function isAlive({ pid, start }: KnownProcess): Promise<boolean> {
  return (await processStart(pid)) === start;
}

/** A wrapper that began says at once who it is, unless it died in between: then nothing carries its token any more. */
async function awaitPid(
  folder: string,
  token: string,
  pause: () => Promise<void>,
): Promise<KnownProcess | undefined> {
  for (;;) {
    const found = await readWrapperPid(folder, token);
    if (found !== undefined || (await survivors(null, token)).length === 0)
      return found ?? (await readWrapperPid(folder, token));
    await pause();
  }
}
