import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const hasProc = process.platform === 'linux';

/** The variable by which a task's process and everything that it starts can be found again, whatever group they move to. */
export const TOKEN_VARIABLE = 'RUNS_EXECUTION_TOKEN';

/**
 * When a process was started, as text that identifies it together with its number; undefined if there is none (one that
 * has ended and waits to be reaped counts as none). Numbers of processes are used again, pairs of number and start are not.
 */
export async function processStart(pid: number): Promise<string | undefined> {
  if (hasProc) return statOf(pid)?.start;
  try {
    const { stdout } = await run('/bin/ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
    const [state = '', ...start] = stdout.trim().split(/\s+/);
    return state.startsWith('Z') || start.length === 0 ? undefined : start.join(' ');
  } catch {
    return undefined;
  }
}

/**
 * The processes that are left of a task: those of the group that its first process led, and those that carry its token. Where the system
 * shows no environments (macOS) a process that left the group is not found.
 */
export async function survivors(group: number | null, token: string): Promise<number[]> {
  if (!hasProc) return group === null ? [] : groupByPs(group);
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const stat = statOf(pid);
    if (stat === undefined) continue;
    const inGroup = group !== null && (stat.group === group || stat.session === group);
    if (inGroup || (await carriesToken(pid, token))) found.push(pid);
  }
  return found;
}

/** Sends a signal to a process or, with a negative number, to a group; false if there is none (or it is somebody else's). */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

interface Stat {
  readonly group: number;
  readonly session: number;
  readonly start: string;
}

/** A process of the table in /proc; undefined if it is gone or has ended. */
function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in brackets and may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state, , group, session] = fields;
    if (state === 'Z' || state === 'X') return undefined;
    return { group: Number(group), session: Number(session), start: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

async function carriesToken(pid: number, token: string): Promise<boolean> {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
    return environment.includes(`${TOKEN_VARIABLE}=${token}\0`);
  } catch {
    return false;
  }
}

async function groupByPs(group: number): Promise<number[]> {
  const { stdout } = await run('/bin/ps', ['-A', '-o', 'pid=,pgid=,stat=']);
  return stdout.split('\n').flatMap((line) => {
    const [pid, pgid, state = 'Z'] = line.trim().split(/\s+/);
    return Number(pgid) === group && !state.startsWith('Z') ? [Number(pid)] : [];
  });
}
