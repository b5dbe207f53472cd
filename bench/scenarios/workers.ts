import { inTurns } from '../support/measure.ts';
import type { Measured } from '../support/place.ts';
import { emptyText, more, type Row, text } from '../support/rows.ts';
import type { Scenario } from '../support/scenario.ts';
import { withService } from '../support/with-service.ts';

const CALLERS = 64;

/** CreateRun on PostgreSQL from one process, two and four that share the port, each with a database of its own. */
export const workers: Scenario = {
  name: 'workers',
  about: '1, 2 and 4 workers, CreateRun, PostgreSQL',
  run(place, effort) {
    const serving = <R>(count: number, work: (service: Measured) => Promise<R>) =>
      withService(place, { environment: { RUNS_SERVER_WORKERS: String(count) } }, async ({ service }) => {
        await place.project(service);
        return work(service);
      });
    const source = { kind: 'createRun', prefix: 'r', runs: 0, children: 0 } as const;
    const options = { ...effort, source, callers: CALLERS, processes: 2 };
    return serving(1, (one) =>
      serving(2, (two) =>
        serving(4, async (four) => {
          const loads = await inTurns(place, options, { one, two, four });
          const { connect, http2 } = loads.empty;
          const row: Row = {
            work: '2 workers against 1, CreateRun, PostgreSQL',
            figures: [more(loads.two.rate / loads.one.rate, '×', { atLeast: 1.6, goal: 1.8 })],
            limit: emptyText(connect, http2),
            details: [loads.one, loads.two, loads.four]
              .map((load, i) => `${2 ** i}: ${text(load.rate)}/s, ${text(load.cpuMs)} ms CPU`)
              .join('; '),
          };
          return [row];
        }),
      ),
    );
  },
};
