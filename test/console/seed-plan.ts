import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import type { Dice } from './seed-dice.ts';
import type { SeedStep, SeedTask } from './seed-tasks.ts';

/** An action of a planned run; times are milliseconds since the run began. */
export interface PlannedAction {
  readonly name: string;
  readonly parent: string;
  readonly group: string;
  readonly task: string;
  readonly kind: 'task' | 'trace' | 'condition';
  readonly from: number;
  /** When its work began: behind queueing and starting. */
  readonly running: number;
  readonly to: number;
  readonly phase: ActionPhase;
  /** Of two, the first failed. */
  readonly attempts: number;
}

/** A whole run, root first, and when its story stops. */
export interface Plan {
  readonly actions: readonly PlannedAction[];
  readonly elapsedMs: number;
}

const { SUCCEEDED, FAILED, RUNNING, PAUSED, ABORTED, TIMED_OUT, RECOVERED } = ActionPhase;

/** Makes up a run of the task that has come to `phase`. */
export function planRun(task: SeedTask, phase: ActionPhase, dice: Dice): Plan {
  const begin = 900 + dice.int(2500);
  const steps: PlannedAction[] = [];
  const planned =
    phase === PAUSED && !task.steps.some(({ kind }) => kind === 'condition')
      ? [...task.steps, { task: 'approve', kind: 'condition' as const, seconds: 600 }]
      : task.steps;
  const count = { next: 0 };
  let end = begin + 700;
  for (const step of planned) end = place(steps, step, 'a0', end, dice, count);
  end += 400 + dice.int(planned.length === 0 ? 9000 : 1200);
  return cut(steps, { begin, end, phase, task: task.name, dice });
}

/** Adds the actions of a step from `start` on; answers when all of them are over. */
function place(
  into: PlannedAction[],
  step: SeedStep,
  parent: string,
  start: number,
  dice: Dice,
  count: { next: number },
): number {
  let end = start;
  for (let index = 0; index < (step.count ?? 1); index++) {
    const name = `${step.kind === 'trace' ? 't' : 'n'}${(count.next++).toString(36)}${(dice.int(46_655) + 46_656).toString(36)}`;
    const from = step.kind === 'trace' && index > 0 ? end : start + dice.int(600);
    const running = from + (step.kind === 'trace' ? 1 : 400 + dice.int(step.count ? 4000 : 1500));
    const work = step.seconds * 1000 * (0.6 + dice.next() * 0.9);
    const at = into.length;
    let inner = running;
    for (const below of step.steps ?? []) inner = place(into, below, name, inner + 200, dice, count);
    const to = Math.max(running + work, inner + 100);
    const retried = step.kind === undefined && dice.below(0.07);
    into.splice(at, 0, {
      name,
      parent,
      group: step.group ?? '',
      task: step.task,
      kind: step.kind ?? 'task',
      from,
      running,
      to,
      phase: SUCCEEDED,
      attempts: retried ? 2 : 1,
    });
    end = Math.max(end, to);
  }
  return end;
}

interface Ending {
  readonly begin: number;
  readonly end: number;
  readonly phase: ActionPhase;
  readonly task: string;
  readonly dice: Dice;
}

/** Lets the story of a finished run stop where its phase says. */
function cut(steps: readonly PlannedAction[], ending: Ending): Plan {
  const { begin, phase, dice } = ending;
  const tasks = steps.filter(({ kind }) => kind === 'task');
  const failing = phase === FAILED && tasks.length > 0 ? dice.pick(tasks) : undefined;
  const waiting = steps.find(({ kind }) => kind === 'condition');
  const stop = stopOf(ending, failing, waiting);
  const rest: PlannedAction[] = steps
    .filter(({ from }) => from < stop)
    .map((step) => {
      if (step === failing) return { ...step, to: stop, phase: FAILED, attempts: 2 };
      if (step.to <= stop) return step;
      if (step === waiting && phase === PAUSED) return { ...step, to: stop, phase: PAUSED };
      return {
        ...step,
        to: stop,
        phase: endsBadly(phase) ? ABORTED : step.running < stop ? RUNNING : ActionPhase.QUEUED,
      };
    });
  const root: PlannedAction = {
    name: 'a0',
    parent: '',
    group: '',
    task: ending.task,
    kind: 'task',
    from: 0,
    running: Math.min(begin, stop),
    to: stop + (phase === FAILED ? 300 : 0),
    phase,
    attempts: 1,
  };
  return { actions: [root, ...rest], elapsedMs: root.to };
}

function stopOf(
  { begin, end, phase, dice }: Ending,
  failing: PlannedAction | undefined,
  waiting: PlannedAction | undefined,
): number {
  switch (phase) {
    case SUCCEEDED:
    case RECOVERED:
      return end;
    case FAILED:
      return failing?.to ?? end;
    case PAUSED:
      return (waiting?.running ?? begin) + 20_000;
    case RUNNING:
    case ABORTED:
    case TIMED_OUT:
      return begin + (end - begin) * (0.35 + dice.next() * 0.5);
    default:
      return Math.min(begin, 800);
  }
}

function endsBadly(phase: ActionPhase): boolean {
  return phase === FAILED || phase === ABORTED || phase === TIMED_OUT;
}
