import { median } from '../support/measure.ts';
import type { Place } from '../support/place.ts';
import { memoryBytes } from '../support/processes.ts';
import { less } from '../support/rows.ts';
import type { Scenario } from '../support/scenario.ts';
import { withService } from '../support/with-service.ts';

const MB = 1e6;
const IDLE_STREAMS = 10_000;
/** Below what one client address may have open by default. */
const STREAMS_PER_ADDRESS = 2500;
const SETTLE_MS = 3000;

const settle = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

const PREFIX = 'o';

/** Megabytes above rest that 10,000 streams take on which nothing happens. */
function idle(place: Place, what: 'actions' | 'details'): Promise<number> {
  const runs = what === 'actions' ? 100 : 1;
  const seeds = [{ prefix: PREFIX, runs, children: what === 'actions' ? 10 : IDLE_STREAMS }];
  return withService(place, { seeds }, async ({ service: { url, pid }, client }) => {
    await settle();
    const rest = memoryBytes(pid);
    await Promise.all(
      Array.from({ length: IDLE_STREAMS / STREAMS_PER_ADDRESS }, (_, i) => {
        const from = i * STREAMS_PER_ADDRESS;
        const to = from + STREAMS_PER_ADDRESS;
        const localAddress = `127.0.0.${10 + i}`;
        return client().run({ kind: 'idle', url, what, prefix: PREFIX, runs, from, to, localAddress });
      }),
    );
    await settle();
    return (memoryBytes(pid) - rest) / MB;
  });
}

/** What 10,000 streams cost on which nothing happens. */
export const idleStreams: Scenario = {
  name: 'idle-streams',
  about: '10,000 idle watch streams: memory',
  async run(place) {
    const bounds = { atLeast: 550, goal: 200 };
    const row = (work: string, above: number) => ({ work, figures: [less(above, 'MB', bounds)], limit: '' });
    return [
      row('10,000 idle streams of WatchActions, 100 runs: memory above rest', await idle(place, 'actions')),
      row('10,000 idle streams of WatchActionDetails, each of another action', await idle(place, 'details')),
    ];
  },
};

/** Memory of a service that nobody uses, and how soon it is ready on a database that is there. */
export const atRest: Scenario = {
  name: 'at-rest',
  about: 'at rest: memory; start with a database',
  run: (place, { full }) =>
    withService(
      place,
      { seeds: [{ prefix: 'o', runs: 10, children: 10 }] },
      async ({ service, database }) => {
        await service.stop();
        const starts: number[] = [];
        const memory: number[] = [];
        for (let i = 0; i < (full ? 7 : 3); i++) {
          const again = await place.service(database);
          starts.push(again.startedMs);
          await settle();
          memory.push(memoryBytes(again.pid) / MB);
          await again.stop();
        }
        return [
          {
            work: 'at rest: memory / start with a database',
            figures: [
              less(median(memory), 'MB', { atLeast: 150, goal: 120 }),
              less(median(starts), 'ms', { atLeast: 1000, goal: 400 }),
            ],
            limit: '',
          },
        ];
      },
    ),
};
