/**
 * `node bench/fan-out.ts [RUNS] [WIDTH]`: 200 runs of 10 children each, all started at once, as processes of this machine, by the unmodified
 * SDK on a service of their own with SQLite. Prints what that costs, in numbers and in ratios to what an interpreter costs that does
 * nothing but import the SDK's runtime, measured before on the same machine. Needs /proc. The exit code is 1 unless all runs succeed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type FanOut, measureFanOut, serviceShare } from '../test/flyte/fan-out.ts';
import { withService } from '../test/flyte/service.ts';
import { installSdk } from '../test/sdk/python.ts';

const [runs = 200, width = 10] = process.argv.slice(2).map(Number);
const home = await mkdtemp(join(tmpdir(), 'runs-bench-home-'));
try {
  const { venv } = await installSdk(join(dirname(import.meta.dirname), '.venv'), home);
  const ground = { database: 'sqlite', storage: 'folder' } as const;
  const measured = await withService({ ground, venv }, async (service) => {
    await service.deployProofs();
    return measureFanOut(service, { runs, width });
  });
  for (const [what, figure] of rows(measured)) console.log(`${what.padEnd(58)}${figure.padStart(12)}`);
  for (const failed of measured.failed) console.log(`did not succeed: ${failed}`);
  process.exitCode = measured.failed.length > 0 ? 1 : 0;
} finally {
  await rm(home, { recursive: true, force: true });
}

function rows(measured: FanOut): [string, string][] {
  const { tasks, elapsed, serviceCpu, taskCpu, interpreterCpu, peakRssBytes } = measured;
  const cores = availableParallelism();
  const ideal = (tasks * interpreterCpu) / cores;
  return [
    ['runs (all at once) / tasks / cores', `${measured.runs} / ${tasks} / ${cores}`],
    ['elapsed', seconds(elapsed)],
    ['runs per second', (measured.runs / elapsed).toFixed(2)],
    ['tasks per second', (tasks / elapsed).toFixed(2)],
    ["CPU of a bare interpreter with the SDK's runtime", milliseconds(interpreterCpu)],
    ['CPU of a task, all that its process does', milliseconds(taskCpu / tasks)],
    ["the service's own CPU", seconds(serviceCpu)],
    ["the service's own CPU per task", milliseconds(serviceCpu / tasks)],
    ["the service's share of all CPU that was used", serviceShare(measured)],
    ["the service's share of one core", `${((100 * serviceCpu) / elapsed).toFixed(1)} %`],
    ["the service's peak memory (RSS)", `${Math.round(peakRssBytes / 2 ** 20)} MiB`],
    ["the service's CPU per task : a bare interpreter", ratio(serviceCpu / tasks, interpreterCpu)],
    ["a task's CPU : a bare interpreter", ratio(taskCpu / tasks, interpreterCpu)],
    ['elapsed : bare interpreters on all cores and nothing else', ratio(elapsed, ideal)],
  ];
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}

function milliseconds(value: number): string {
  return `${(1000 * value).toFixed(0)} ms`;
}

function ratio(value: number, base: number): string {
  return `${(value / base).toFixed(3)} : 1`;
}
