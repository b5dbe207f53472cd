import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** What /proc counts in. */
const TICKS_PER_SECOND = 100;

function statFields(pid: number | string): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** The processes that descend from one, and it itself. */
export function family(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = statFields(entry)?.[1];
    if (parent !== undefined) parents.set(Number(entry), Number(parent));
  }
  const members = [pid];
  for (const member of members) {
    for (const [child, parent] of parents) if (parent === member) members.push(child);
  }
  return members;
}

/** CPU seconds (user and system) that a process and its living and ended descendants have used. */
export function cpuSeconds(pid: number): number {
  let ticks = 0;
  for (const member of family(pid)) {
    const fields = statFields(member);
    // utime, stime; for what has ended cutime and cstime of its parent.
    for (const i of [11, 12, 13, 14]) ticks += Number(fields?.[i] ?? 0);
  }
  return ticks / TICKS_PER_SECOND;
}

/** CPU seconds of the whole machine that were not idle. */
export function machineCpuSeconds(): number {
  const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n');
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}

/** Bytes of memory of a process and its descendants: resident now (VmRSS) or at most so far (VmHWM). */
export function memoryBytes(pid: number, key: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  let total = 0;
  for (const member of family(pid)) {
    const line = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(readStatus(member));
    total += Number(line?.[1] ?? 0) * 1024;
  }
  return total;
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return '';
  }
}

/** Lets a process, its descendants and those to come use these cores only (`0,1`, `0-3`). Throws where there is no taskset. */
export function pin(pid: number, cores: string): void {
  for (const member of family(pid)) {
    execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(member)], {
      stdio: 'ignore',
    });
  }
}
