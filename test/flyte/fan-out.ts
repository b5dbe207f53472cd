import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import type { Service } from './service.ts';

const execute = promisify(execFile);

/** What many runs at once cost. Times in seconds; CPU is user and system time together. */
export interface FanOut {
  readonly runs: number;
  /** Parents and children. */
  readonly tasks: number;
  /** The names of those that did not succeed, each with its phase. */
  readonly failed: readonly string[];
  /** From the first request to the end of the last run. */
  readonly elapsed: number;
  /** The service's own. */
  readonly serviceCpu: number;
  /** That of the processes of tasks, the SDK in them included. */
  readonly taskCpu: number;
  /** That of an interpreter which imports the SDK's runtime and ends, by itself. */
  readonly interpreterCpu: number;
  /** The most memory that the service occupied at any time. */
  readonly peakRssBytes: number;
}

/** Starts so many runs at once, each with so many children at once, and waits for the last. Needs /proc, and the tasks of proofs.py to be deployed. */
export async function measureFanOut(
  service: Service,
  { runs, width }: { runs: number; width: number },
): Promise<FanOut> {
  const interpreterCpu = await interpreterCost(service.venv);
  const names = Array.from({ length: runs }, (_, index) => `fan-out-${index}`);
  const before = await cpuOf(service.pid);
  const started = performance.now();
  const phases = await service.outcomes(names, () => startAll(service, names, width));
  const elapsed = (performance.now() - started) / 1000;
  const after = await cpuOf(service.pid);
  const wrong = [...phases].filter(([, phase]) => phase !== ActionPhase.SUCCEEDED);
  return {
    runs,
    tasks: runs * (width + 1),
    failed: wrong.map(([name, phase]) => `${name} ${ActionPhase[phase]}`),
    elapsed,
    serviceCpu: after.own - before.own,
    taskCpu: after.children - before.children,
    interpreterCpu,
    peakRssBytes: await peakRssOf(service.pid),
  };
}

/** The share of the CPU that was used which the service used itself, in percent. */
export function serviceShare({ serviceCpu, taskCpu }: FanOut): string {
  return `${((100 * serviceCpu) / (serviceCpu + taskCpu)).toFixed(1)} %`;
}

async function startAll(service: Service, names: readonly string[], width: number): Promise<void> {
  await Promise.all(names.map((name) => service.start(name, 'fan_out', { width })));
}

/** What a process used of the CPU, and what those of its children did that have ended; in seconds. */
async function cpuOf(pid: number): Promise<{ own: number; children: number }> {
  const { stdout } = await execute('getconf', ['CLK_TCK']);
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in parentheses, may contain blanks; the field after it is the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const seconds = (first: number) => (Number(fields[first - 3]) + Number(fields[first - 2])) / Number(stdout);
  return { own: seconds(14), children: seconds(16) };
}

async function peakRssOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** The middle one of five, by the CPU's clock, since other things may be at work. */
async function interpreterCost(venv: string): Promise<number> {
  const program =
    'import flyte._bin.runtime, resource; u = resource.getrusage(resource.RUSAGE_SELF); print(u.ru_utime + u.ru_stime)';
  const costs: number[] = [];
  for (let count = 0; count < 5; count++) {
    const { stdout } = await execute(join(venv, 'bin/python'), ['-c', program]);
    costs.push(Number(stdout));
  }
  return costs.toSorted((a, b) => a - b)[2] ?? 0;
}
