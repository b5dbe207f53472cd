import { median, quantile } from '../support/measure.ts';
import { memoryBytes } from '../support/processes.ts';
import { less } from '../support/rows.ts';
import type { Scenario } from '../support/scenario.ts';
import { withService } from '../support/with-service.ts';
import { runName } from '../client/sources.ts';

const MB = 1e6;
const bare = {
  path: '/flyteidl2.workflow.RunService/WatchActions',
  messages: Array<Uint8Array>(50).fill(new Uint8Array()),
};

/** WatchActions of one run with 50,000 actions. */
export const snapshotLarge: Scenario = {
  name: 'snapshot',
  about: 'WatchActions snapshot of 50,000 actions',
  run: (place, { rounds }) =>
    withService(place, { seeds: [{ prefix: 'w', runs: 1, children: 50_000 }] }, async (prepared) => {
      const client = prepared.client();
      const job = { kind: 'snapshot', run: runName('w', 0), actions: 50_001, watchers: 1 } as const;
      const { url } = prepared.service;
      const firsts: number[] = [];
      const alls: number[] = [];
      let bytes = 0;
      // The first one warms up.
      for (let round = 0; round <= rounds; round++) {
        const { first, all, ...more } = await client.run({ ...job, url });
        bytes = more.bytes;
        if (round > 0) firsts.push(...first);
        if (round > 0) alls.push(...all);
      }
      const empty = await place.empty('connect');
      const none = await client.run({ kind: 'stream', url: empty.url, ...bare });
      return [
        {
          work: 'WatchActions snapshot of 50,000 actions, first message / all',
          figures: [
            less(median(firsts), 'ms', { atLeast: 30, goal: 20 }, 'first'),
            less(median(alls), 'ms', { atLeast: 1000, goal: 500 }, 'all'),
          ],
          limit: `connect-node, first message ${quantile(none, 0.5).toFixed(2)} ms`,
          details: `${(bytes / MB).toFixed(1)} MB per snapshot`,
        },
      ];
    }),
};

/** Ten watchers of a run with 10,000 actions at the same moment. */
export const snapshotTen: Scenario = {
  name: 'snapshot-ten',
  about: 'ten snapshots of 10,000 actions at once',
  run: (place, { rounds }) =>
    withService(place, { seeds: [{ prefix: 'w', runs: 1, children: 10_000 }] }, async (prepared) => {
      const client = prepared.client();
      const { url, pid } = prepared.service;
      const slowest: number[] = [];
      for (let round = 0; round <= rounds; round++) {
        const job = { kind: 'snapshot', run: runName('w', 0), actions: 10_001, watchers: 10 } as const;
        const { all } = await client.run({ ...job, url });
        if (round > 0) slowest.push(Math.max(...all));
      }
      return [
        {
          work: 'ten snapshots of 10,000 actions at once: the slowest, peak memory',
          figures: [
            less(median(slowest), 'ms', { atLeast: 600, goal: 300 }),
            less(memoryBytes(pid, 'VmHWM') / MB, 'MB', { atLeast: 500, goal: 300 }),
          ],
          limit: '',
        },
      ];
    }),
};
