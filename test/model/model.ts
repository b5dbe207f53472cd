/*
 * What runs and actions become under the commands of the service, as small as can be. It is written from the rules and imports nothing from
 * the service; the tests hold the service to it.
 */
import { ModelAction, type SeenAction } from './action.ts';
import { ends } from './attempt.ts';
import type { Command, NewThing, Outcome, Update } from './commands.ts';

class Refusal extends Error {}

interface ModelRun {
  readonly tracked: boolean;
  readonly actions: Map<string, ModelAction>;
}

/** All runs, and what commands do to them. */
export class Model {
  readonly runs = new Map<string, ModelRun>();

  /** Does what a command says, and answers what the service must answer. */
  apply(command: Command, now: number): Outcome {
    try {
      return this.#apply(command, now) ?? 'ok';
    } catch (error) {
      if (error instanceof Refusal) return error.message;
      throw error;
    }
  }

  /** Every action of every run, as `run/action`. */
  see(): Map<string, SeenAction> {
    return new Map(
      [...this.runs].flatMap(([run, { actions }]) =>
        [...actions].map(([name, action]): [string, SeenAction] => [`${run}/${name}`, action.see()]),
      ),
    );
  }

  /** When a run's root action first ran, and how many of its actions wait for somebody. */
  counters(name: string): { ranSince: number | null; paused: number } {
    const actions = [...(this.runs.get(name)?.actions.values() ?? [])];
    const attempts = actions.filter((one) => one.name === 'a0').flatMap((one) => [...one.attempts.values()]);
    const ran = attempts.flatMap((one) => one.ranSince() ?? []);
    return {
      ranSince: ran.length === 0 ? null : Math.min(...ran),
      paused: actions.filter((one) => one.phase === 'PAUSED').length,
    };
  }

  #apply(command: Command, now: number): Outcome | undefined {
    switch (command.do) {
      case 'create': {
        if (this.runs.has(command.run)) return 'exists';
        const root = new ModelAction('a0', '', 'TASK', command.retries, now);
        this.runs.set(command.run, { tracked: command.tracked, actions: new Map([['a0', root]]) });
        return undefined;
      }
      case 'record': {
        const action = this.#make(this.#run(command.run, false), command, now);
        if (command.of) action.happen(command.of, true);
        return undefined;
      }
      case 'events':
        return command.events.map(({ run, action, of }) =>
          outcome(() => this.#find(run, action, false).happen(of, false)),
        );
      case 'status': {
        const action = this.#find(command.run, command.action, false);
        const ending = !ends(action.phase) && command.of.attempt >= action.current;
        if (ending && command.of.phase === 'ABORTED') action.aborted = command.reason ?? '';
        if (ending && command.of.phase === 'SUCCEEDED' && action.type === 'CONDITION') {
          action.signalled = command.output ?? null;
        }
        action.happen(command.of, true, command.durationMs);
        return undefined;
      }
      case 'signal': {
        const action = this.#find(command.run, command.action, false);
        if (action.type !== 'CONDITION' || action.phase !== 'PAUSED')
          throw new Refusal('failed_precondition');
        if (typeof command.value !== 'string') throw new Refusal('invalid_argument');
        action.signalled = command.value;
        const of = { attempt: action.current, phase: 'SUCCEEDED', version: 0, time: now, facts: {} };
        action.happen(of, true);
        return undefined;
      }
      case 'abort': {
        this.#find(command.run, command.action, command.tracked);
        for (const one of this.#subtree(command.run, command.action)) one.abort('stop', now);
        return undefined;
      }
      case 'report': {
        const run = this.#run(command.run, true);
        return command.updates.map((update) => outcome(() => this.#report(run, update, now)));
      }
    }
  }

  #report(run: ModelRun, { action: name, of, spec, status }: Update, now: number): void {
    const known = run.actions.get(name);
    const agrees = known !== undefined && of.phase === 'ABORTED';
    if (!agrees && (known ?? run.actions.get('a0'))?.phase === 'ABORTED')
      throw new Refusal('failed_precondition');
    if (known === undefined && spec === undefined) throw new Refusal('not_found');
    const action = spec ? this.#make(run, { ...spec, action: name }, now) : known;
    if (action === undefined) return;
    action.reopen(of.attempt);
    const over = ends(action.phase);
    action.happen(of, false, status?.of.phase === of.phase ? status.durationMs : undefined);
    if (spec?.of) action.happen(spec.of, !over);
    if (status && !over) action.happen(status.of, true, status.durationMs);
  }

  #make(
    run: ModelRun,
    { action: name, parent: given, type, retries, since }: NewThing,
    now: number,
  ): ModelAction {
    const parent = name === 'a0' ? '' : given || 'a0';
    if (parent === name) throw new Refusal('invalid_argument');
    const known = run.actions.get(name);
    if (known !== undefined) {
      if (known.parent !== parent || known.type !== type) throw new Refusal('already_exists');
      return known;
    }
    const start = since ?? now;
    const action = new ModelAction(name, parent, type, retries, start);
    run.actions.set(name, action);
    if (type === 'CONDITION') {
      action.happen({ attempt: 1, phase: 'PAUSED', version: 0, time: start, facts: {} }, true);
    }
    const doomed = [parent, 'a0'].map((one) => run.actions.get(one)).find((one) => one?.phase === 'ABORTED');
    if (doomed) for (const one of below(run, name)) one.abort(doomed.aborted ?? '', now);
    return action;
  }

  #subtree(run: string, action: string): ModelAction[] {
    const known = this.runs.get(run);
    if (known === undefined) return [];
    return action === 'a0' ? [...known.actions.values()] : below(known, action);
  }

  #run(name: string, tracked: boolean): ModelRun {
    const run = this.runs.get(name);
    if (run === undefined || run.tracked !== tracked) throw new Refusal('not_found');
    return run;
  }

  #find(run: string, name: string, tracked: boolean): ModelAction {
    const action = this.#run(run, tracked).actions.get(name);
    if (action === undefined) throw new Refusal('not_found');
    return action;
  }
}

/** An action and everything below it, as far as it is known. */
function below(run: ModelRun, top: string): ModelAction[] {
  const names = new Set([top]);
  // A set that grows while it is walked is walked to its end.
  for (const name of names) {
    for (const [child, { parent }] of run.actions) if (parent === name) names.add(child);
  }
  return [...names].flatMap((name) => run.actions.get(name) ?? []);
}

function outcome(step: () => void): string {
  try {
    step();
    return 'ok';
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}
