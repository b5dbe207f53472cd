import { execFile } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
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
  const seen = new Map<number, Known>();
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const stat = statOf(pid);
    if (stat === undefined) continue;
    const before = known.get(pid);
    const one = before?.start === stat.start ? before : { start: stat.start, token: tokenOf(pid) };
    seen.set(pid, one);
    if (one.token === token || (group !== null && (stat.group === group || stat.session === group)))
      found.push(pid);
  }
  known = seen;
  return found;
}

/** A process and its token, which it has from its beginning. Only processes that are new since the last look have to be asked for it. */
interface Known {
  readonly start: string;
  readonly token: string | undefined;
}

let known: ReadonlyMap<number, Known> = new Map();

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
  const text = readProc(`/proc/${pid}/stat`)?.toString('latin1');
  if (text === undefined) return undefined;
  // The second field is the program's name in brackets and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ', 20);
  const [state, , group, session] = fields;
  if (state === 'Z' || state === 'X') return undefined;
  return { group: Number(group), session: Number(session), start: fields[19] ?? '' };
}

const MARK = Buffer.from(`${TOKEN_VARIABLE}=`);

function tokenOf(pid: number): string | undefined {
  const environment = readProc(`/proc/${pid}/environ`);
  const from = environment?.indexOf(MARK) ?? -1;
  if (environment === undefined || from < 0) return undefined;
  const end = environment.indexOf(0, from);
  return environment.toString('latin1', from + MARK.length, end < 0 ? environment.length : end);
}

/** Files of /proc have no size: reading them the usual way takes a new large buffer for each, hundreds of them for every look. */
let buffer = Buffer.alloc(256 * 1024);

/** The content of a file of /proc, in a buffer that the next call uses again; undefined if the process is gone or somebody else's. */
function readProc(file: string): Buffer | undefined {
  try {
    const descriptor = openSync(file, 'r');
    try {
      let length = 0;
      for (let read = -1; read !== 0; length += read) {
        if (length === buffer.length) buffer = Buffer.concat([buffer, Buffer.alloc(buffer.length)]);
        read = readSync(descriptor, buffer, length, buffer.length - length, null);
      }
      return buffer.subarray(0, length);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

async function groupByPs(group: number): Promise<number[]> {
  const { stdout } = await run('/bin/ps', ['-A', '-o', 'pid=,pgid=,stat=']);
  return stdout.split('\n').flatMap((line) => {
    const [pid, pgid, state = 'Z'] = line.trim().split(/\s+/);
    return Number(pgid) === group && !state.startsWith('Z') ? [Number(pid)] : [];
  });
}
