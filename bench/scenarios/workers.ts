import { compare } from '../support/measure.ts';
import { emptyText, more, type Row, text } from '../support/rows.ts';
import type { Effort, Scenario } from '../support/scenario.ts';
import type { Place } from '../support/place.ts';
import { withService } from '../support/with-service.ts';

const CALLERS = 64;

function rate(place: Place, effort: Effort, workers: number) {
  const environment = { RUNS_SERVER_WORKERS: String(workers) };
  return withService(place, { environment }, async ({ service }) => {
    await place.project(service);
    const source = { kind: 'createRun', prefix: 'r', runs: 0, children: 0 } as const;
    return compare(place, { ...effort, service, source, callers: CALLERS, processes: 2 });
  });
}

/** CreateRun on PostgreSQL from one process, two and four that share the port. */
export const workers: Scenario = {
  name: 'workers',
  about: '1, 2 and 4 workers, CreateRun, PostgreSQL',
  async run(place, effort) {
    const [one, two, four] = [
      await rate(place, effort, 1),
      await rate(place, effort, 2),
      await rate(place, effort, 4),
    ];
    const row: Row = {
      work: '2 workers against 1, CreateRun, PostgreSQL',
      figures: [more(two.rate / one.rate, '×', { atLeast: 1.6, goal: 1.8 })],
      limit: emptyText(one.connect, one.http2),
      details: [one, two, four]
        .map((load, i) => `${2 ** i}: ${text(load.rate)}/s, ${text(load.cpuMs)} ms CPU`)
        .join('; '),
    };
    return [row];
  },
};
