import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { inTurns, type Load } from '../support/measure.ts';
import type { Measured, Place } from '../support/place.ts';
import { pin } from '../support/processes.ts';
import { emptyText, more, type Row, text } from '../support/rows.ts';
import type { Effort, Scenario } from '../support/scenario.ts';
import { withService } from '../support/with-service.ts';

/** With 64, two workers wait for their callers part of the time. */
const CALLERS = 256;
const SOURCE = { kind: 'createRun', prefix: 'r', runs: 0, children: 0 } as const;

/** What somebody used of the machine, and what that is per run. */
const share = (who: string, cpuMs: number, rate: number) =>
  `${who} ${text(cpuMs)} ms (${((rate * cpuMs) / 1000).toFixed(2)} cores)`;

/** Where the cores went: if they were all busy, the machine was the limit and not the service. */
function coresText(name: string, load: Load): string {
  const { rate, cpuMs, postgresCpuMs, clientCpuMs, otherCores, p50 } = load;
  const shares = [
    share('service', cpuMs, rate),
    share('PostgreSQL', postgresCpuMs, rate),
    share('clients', clientCpuMs, rate),
    `others ${otherCores.toFixed(2)} cores`,
  ];
  return `${name}: ${text(rate)}/s, p50 ${text(p50)} ms, CPU of ${shares.join(', ')}`;
}

function serving<R>(place: Place, count: number, work: (service: Measured) => Promise<R>): Promise<R> {
  return withService(place, { environment: { RUNS_SERVER_WORKERS: String(count) } }, async ({ service }) => {
    await place.project(service);
    return work(service);
  });
}

/** With all cores for everybody. */
function together(place: Place, effort: Effort): Promise<Row> {
  const options = { ...effort, source: SOURCE, callers: CALLERS, processes: 2 };
  return serving(place, 1, (one) =>
    serving(place, 2, (two) =>
      serving(place, 4, async (four) => {
        const loads = await inTurns(place, options, { one, two, four });
        const { connect, http2 } = loads.empty;
        return {
          work: '2 workers against 1, CreateRun, PostgreSQL',
          figures: [more(loads.two.rate / loads.one.rate, '×', { atLeast: 1.6, goal: 1.8 })],
          limit: emptyText(connect, http2),
          details: [loads.one, loads.two, loads.four]
            .map((load, i) => coresText(`${2 ** i}`, load))
            .join('; '),
        };
      }),
    ),
  );
}

/**
 * With half a core for each worker, and two cores for PostgreSQL and the clients: what a second worker does where neither of these is
 * the limit. A process that only counts takes the other half of a worker's core.
 */
function apart(place: Place, effort: Effort): Promise<Row> {
  return serving(place, 1, (one) =>
    serving(place, 2, async (two) => {
      const postgres = await place.postgresPid();
      const everybody = `0-${availableParallelism() - 1}`;
      pin(one.pid, '0');
      pin(two.pid, '0,1');
      if (postgres !== undefined) pin(postgres, '2,3');
      const onClients = (pids: readonly number[]) => {
        for (const pid of pids) pin(pid, '2,3');
      };
      const counting = ['0', '1'].map(count);
      try {
        const options = { ...effort, source: SOURCE, callers: CALLERS, processes: 2, onClients };
        const loads = await inTurns(place, options, { one, two });
        return {
          work: 'the same with half a core per worker, and two for PostgreSQL and clients',
          figures: [more(loads.two.rate / loads.one.rate, '×', { atLeast: 1.6, goal: 1.8 })],
          limit: '',
          details: [loads.one, loads.two].map((load, i) => coresText(`${2 ** i}`, load)).join('; '),
        };
      } finally {
        for (const child of counting) child.kill('SIGKILL');
        if (postgres !== undefined) pin(postgres, everybody);
      }
    }),
  );
}

function count(core: string): ChildProcess {
  const child = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  if (child.pid !== undefined) pin(child.pid, core);
  return child;
}

/** CreateRun on PostgreSQL from one process, two and four that share the port, each with a database of its own. */
export const workers: Scenario = {
  name: 'workers',
  about: '1, 2 and 4 workers, CreateRun, PostgreSQL',
  async run(place, effort) {
    const rows = [await together(place, effort)];
    if (availableParallelism() >= 4) rows.push(await apart(place, effort));
    return rows;
  },
};
