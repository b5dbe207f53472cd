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

/** A run of its own for each round, because a service may keep what it has read; the first one warms up. */
const seeds = (rounds: number, children: number) => [{ prefix: 'w', runs: rounds + 1, children }];

/** WatchActions of a run with 50,000 actions that nobody has watched before. */
export const snapshotLarge: Scenario = {
  name: 'snapshot',
  about: 'WatchActions snapshot of 50,000 actions',
  run: (place, { rounds }) =>
    withService(place, { seeds: seeds(rounds, 50_000) }, async (prepared) => {
      const client = prepared.client();
      const { url } = prepared.service;
      const snapshot = (round: number) =>
        client.run({ kind: 'snapshot', url, run: runName('w', round), actions: 50_001, watchers: 1 });
      const firsts: number[] = [];
      const alls: number[] = [];
      let bytes = 0;
      for (let round = 0; round <= rounds; round++) {
        const { first, all, ...more } = await snapshot(round);
        bytes = more.bytes;
        if (round > 0) firsts.push(...first);
        if (round > 0) alls.push(...all);
      }
      const again = await snapshot(rounds);
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
          details: `${(bytes / MB).toFixed(1)} MB per snapshot; the same again at once: all ${median(again.all).toFixed(0)} ms`,
        },
      ];
    }),
};

/** Ten watchers of a run with 10,000 actions at the same moment. */
export const snapshotTen: Scenario = {
  name: 'snapshot-ten',
  about: 'ten snapshots of 10,000 actions at once',
  run: (place, { rounds }) =>
    withService(place, { seeds: seeds(rounds, 10_000) }, async (prepared) => {
      const client = prepared.client();
      const { url, pid } = prepared.service;
      const slowest: number[] = [];
      for (let round = 0; round <= rounds; round++) {
        const job = { kind: 'snapshot', run: runName('w', round), actions: 10_001, watchers: 10 } as const;
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
