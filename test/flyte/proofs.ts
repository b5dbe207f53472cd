import { deepEqual, ok } from 'node:assert/strict';
import type { Tally } from '../sdk/checks.ts';
import { measureFanOut, serviceShare } from './fan-out.ts';
import { goTogether, type Journey } from './journey.ts';
import { SURVIVING_PROCESSES, surviving } from './journeys/surviving.ts';
import { type OwnService, withOwnService } from './own-service.ts';

const RUNS = 20;
const WIDTH = 10;
/** Several times what it takes: a bound that holds whatever the machine, and is passed by whoever keeps something for each task. */
const MAX_RSS_BYTES = 600 * 2 ** 20;

/** Something that holds under load or after a kill, shown on services of its own. */
export interface Proof {
  readonly name: string;
  readonly title: string;
  go(venv: string, tally: Tally): Promise<void>;
}

/** What scripts/e2e-flyte.ts proves after the worlds. */
export const proofs: readonly Proof[] = [
  {
    name: 'surviving',
    title: 'a service that is killed',
    go: (venv, tally) => {
      const environment = { EXECUTOR_PROCESS_MAX_PROCESSES: String(SURVIVING_PROCESSES) };
      return withOwnService({ venv, environment }, (service) => goOn(service, surviving(service), tally));
    },
  },
  {
    name: 'fan-out',
    title: `${RUNS} runs at once`,
    go: (venv, tally) => withOwnService({ venv }, (service) => goOn(service, fanOut(service, venv), tally)),
  },
];

async function goOn(service: OwnService, journey: Journey, tally: Tally): Promise<void> {
  const { failed } = tally;
  await goTogether([journey], service.place, 1, tally);
  if (tally.failed > failed) console.log(`The end of the service's log:\n${service.log().slice(-8000)}`);
}

function fanOut(service: OwnService, venv: string): Journey {
  return {
    name: 'fan-out',
    async go(_, check) {
      await check(`${RUNS} runs of ${WIDTH} children each, at once, succeed in bounded memory`, async () => {
        const measured = await measureFanOut(service, { venv, runs: RUNS, width: WIDTH });
        const { elapsed, serviceCpu, taskCpu, peakRssBytes } = measured;
        const memory = `${Math.round(peakRssBytes / 2 ** 20)} MiB`;
        console.log(
          `  ${measured.tasks} tasks in ${elapsed.toFixed(0)} s; the service itself: ${serviceCpu.toFixed(1)} s of CPU beside ` +
            `${taskCpu.toFixed(0)} s of the tasks (${serviceShare(measured)}), at most ${memory}`,
        );
        deepEqual(measured.failed, []);
        ok(peakRssBytes < MAX_RSS_BYTES, `the service occupied ${memory}`);
      });
    },
  };
}
