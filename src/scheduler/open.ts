import type { Config } from '../config.ts';
import type { Logger } from '../logger.ts';
import type { Dialect } from '../repository/dialects/dialect.ts';
import type { GroupCommit } from '../repository/write/group-commit.ts';
import { type Clock, systemClock } from '../runs/instant.ts';
import { createSchedulerLoop, type SchedulerLoop } from './loop.ts';
import { createScheduler } from './scheduler.ts';

/** The scheduler of a service, or undefined where `scheduler.enabled` is false. It works once it is started. */
export function openScheduler(parts: {
  readonly config: Config;
  readonly logger: Logger;
  readonly dialect: Dialect;
  readonly writer: GroupCommit;
  readonly clock?: Clock;
}): SchedulerLoop | undefined {
  const { config, logger, dialect, writer, clock = systemClock } = parts;
  const { enabled, pollMs, catchUp } = config.scheduler;
  if (!enabled) return undefined;
  const scheduler = createScheduler({
    dialect,
    writer,
    clock,
    catchUp,
    run: {
      autoCreateProject: config.runs.projects.autoCreate,
      execute: config.executor.kind !== 'none',
    },
    onFired({ trigger, time, created, refused }) {
      const what = { trigger: trigger.name, task: trigger.task_name, time };
      if (refused !== undefined)
        logger.warn({ ...what, reason: refused }, 'a trigger could not start its run');
      else if (created) logger.debug(what, 'a trigger fired');
    },
    onError: (error, { name, task_name }) =>
      logger.error({ err: error, trigger: name, task: task_name }, 'a trigger is set aside for a minute'),
  });
  return createSchedulerLoop({ scheduler, clock, pollMs, logger });
}
