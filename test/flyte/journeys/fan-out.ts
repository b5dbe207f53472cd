import { deepEqual, ok } from 'node:assert/strict';
import { measureFanOut, serviceShare } from '../fan-out.ts';
import type { Journey } from '../journey.ts';

const RUNS = 20;
const WIDTH = 10;
/** Several times what it takes: a bound that holds whatever the machine, and is passed by whoever keeps something for each task. */
const MAX_RSS_BYTES = 600 * 2 ** 20;

/** Many runs at once, and what they cost. */
export const fanOut: Journey = {
  name: 'fan-out',
  async go(_, check, service) {
    await check(`${RUNS} runs of ${WIDTH} children each, at once, succeed in bounded memory`, async () => {
      await service.deployProofs();
      const measured = await measureFanOut(service, { runs: RUNS, width: WIDTH });
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
