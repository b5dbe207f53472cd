import { runName } from '../client/sources.ts';
import { median } from '../support/measure.ts';
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

/** What 10,000 streams cost on which nothing happens. */
export const idleStreams: Scenario = {
  name: 'idle-streams',
  about: '10,000 idle watch streams: memory',
  run: (place) =>
    withService(place, { seeds: [{ prefix: 'o', runs: 1, children: IDLE_STREAMS }] }, async (prepared) => {
      const { url, pid } = prepared.service;
      await settle();
      const rest = memoryBytes(pid);
      const addresses = IDLE_STREAMS / STREAMS_PER_ADDRESS;
      await Promise.all(
        Array.from({ length: addresses }, (_, i) =>
          prepared.client().run({
            kind: 'idle',
            url,
            run: runName('o', 0),
            from: i * STREAMS_PER_ADDRESS,
            to: (i + 1) * STREAMS_PER_ADDRESS,
            localAddress: `127.0.0.${10 + i}`,
          }),
        ),
      );
      await settle();
      const above = (memoryBytes(pid) - rest) / MB;
      return [
        {
          work: '10,000 idle watch streams, memory above rest',
          figures: [less(above, 'MB', { atLeast: 550, goal: 200 })],
          limit: '',
          details: 'WatchActionDetails, each of another action, 100 streams per connection',
        },
      ];
    }),
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
