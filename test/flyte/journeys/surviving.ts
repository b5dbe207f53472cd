import { deepEqual, equal, ok } from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Journey } from '../journey.ts';
import { failure, phaseOf } from '../place.ts';

const RUNS = 20;
const LOOK_MS = 50;
const WAIT_MS = 180_000;

/** Slots for all parents at once, which is half of them, and for ten children. */
export const SURVIVING_PROCESSES = 2 * RUNS;
const CHILDREN = SURVIVING_PROCESSES / 4;

/** What a task noted: that it began, that it ended, or that another process did the same at that time. */
interface Effect {
  readonly what: string;
  readonly task: string;
  readonly run: string;
  readonly action: string;
}

/**
 * kill -9 in the middle of twenty nested runs. Of the children that are at work then, every other one ends while the service is down, the rest
 * after its restart. The service needs SURVIVING_PROCESSES.
 */
export const surviving: Journey = {
  name: 'surviving',
  async go(place, check, service) {
    const { folder } = service;
    const runs = Array.from({ length: RUNS }, (_, index) => `surviving-${index}`);
    const letGo = (run: string) => writeFile(join(folder, `go.${run}`), '');
    let done: Effect[] = [];
    await check(`kill -9 of the service in the middle of ${RUNS} nested runs`, async () => {
      await service.deployProofs();
      await Promise.all(runs.map((run) => service.start(run, 'parent', { folder })));
      await until(folder, (all) => {
        const begun = (task: string) => all.filter((one) => one.what === 'begin' && one.task === task);
        return begun('parent').length === RUNS && begun('held').length >= CHILDREN;
      });
      const early = new Set(runs.filter((_, index) => index % 2 === 0));
      const before = await effects(folder);
      await service.kill();
      await Promise.all([...early].map(letGo));
      const alone = before.filter(
        ({ what, task, run }) => what === 'begin' && task === 'held' && early.has(run),
      );
      await until(folder, (all) => alone.every((one) => count(all, 'end', one) > 0));
      done = (await effects(folder)).filter(({ what }) => what === 'end');
      ok(before.filter(({ what }) => what === 'end').length >= CHILDREN, 'too little had ended');
      ok(!done.some(({ task }) => task === 'parent'), 'a run had ended');
    });
    await check('after its restart every run ends SUCCEEDED', async () => {
      await service.startAgain();
      await Promise.all(runs.map(letGo));
      await Promise.all(
        runs.map(async (run) => {
          const details = await place.ended(run);
          equal(phaseOf(details), 'SUCCEEDED', `${run}: ${failure(details)}`);
          equal(await place.output(run), 'quick and held');
          equal((await place.actions(run)).length, 3);
        }),
      );
    });
    await check('what had ended by then was done once, and nothing twice at the same time', async () => {
      const all = await effects(folder);
      deepEqual(
        all.filter(({ what }) => what === 'twice'),
        [],
      );
      const again = done.filter((one) => count(all, 'begin', one) !== 1 || count(all, 'end', one) !== 1);
      deepEqual(again, []);
      const actions = new Set(
        all.filter(({ what }) => what === 'end').map(({ run, action }) => `${run}/${action}`),
      );
      equal(actions.size, 3 * RUNS);
      const repeated = all.filter(({ what }) => what === 'begin').length - actions.size;
      console.log(
        `  ${done.length} of ${actions.size} tasks had ended before the restart; ${repeated} began again`,
      );
    });
  },
};

/** How often an action noted this. */
function count(all: readonly Effect[], what: string, { run, action }: Effect): number {
  return all.filter((one) => one.what === what && one.run === run && one.action === action).length;
}

/** Resolves when what the tasks noted satisfies `condition`. */
async function until(folder: string, condition: (all: readonly Effect[]) => boolean): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const all = await effects(folder);
    if (condition(all)) return;
    ok(performance.now() < deadline, `it did not come to this:\n${JSON.stringify(all)}`);
    await sleep(LOOK_MS);
  }
}

async function effects(folder: string): Promise<Effect[]> {
  const text = await readFile(join(folder, 'effects'), 'utf8').catch(() => '');
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => {
    const [what = '', task = '', run = '', action = ''] = line.split(' ');
    return { what, task, run, action };
  });
}
