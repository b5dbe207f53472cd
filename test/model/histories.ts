import fc from 'fast-check';
import type { Facts, Happening } from './attempt.ts';
import { ends, RANK } from './attempt.ts';
import type { Command, NewThing, Update } from './commands.ts';

/** Commands that are sent together and awaited together, at one time of the service. */
export interface Round {
  readonly now: number;
  readonly commands: readonly Command[];
}

/** One step of time, in microseconds: not a whole number of milliseconds, so that durations are rounded. */
const TICK = 700;

const runs = fc.constantFrom('r1', 'r1', 'r1', 'r2', 't1', 't1', 'none');
const ordinaryRuns = fc.constantFrom('r1', 'r1', 'r1', 'r2', 't1');
const actions = fc.constantFrom('a0', 'a1', 'a1', 'a2', 'a3', 'a4', 'c1');
const time = fc.integer({ min: 0, max: 40 }).map((ticks) => ticks * TICK);
const maybe = <T>(arbitrary: fc.Arbitrary<T>, freq = 2) => fc.option(arbitrary, { nil: undefined, freq });

const facts: fc.Arbitrary<Facts> = fc.record(
  {
    error: fc.constantFrom('boom', 'bang', 'crash'),
    outputs: fc.constantFrom('s3://one', 's3://two'),
    logs: fc.constantFrom('log-1', 'log-2'),
    context: fc.constantFrom('pod-1', 'pod-2'),
    cluster: fc.constantFrom('east', 'west'),
    cacheStatus: fc.integer({ min: 1, max: 4 }),
    cacheKey: fc.constantFrom('run-1', 'run-2'),
  },
  { requiredKeys: [] },
);

const phases = fc.constantFrom(
  ...Object.keys(RANK),
  // The likely ones more often.
  ...['QUEUED', 'RUNNING', 'RUNNING', 'PAUSED', 'SUCCEEDED', 'FAILED', 'FAILED', 'FAILED'],
);

const clusterEvent = fc.record({ message: fc.constantFrom('pulled', 'started', 'killed'), time });

const happening: fc.Arbitrary<Happening> = fc.record({
  attempt: fc.constantFrom(1, 1, 1, 2, 2, 3),
  phase: phases,
  version: fc.integer({ min: 0, max: 2 }),
  time,
  end: maybe(time, 1),
  facts,
  clusterEvents: fc.array(clusterEvent, { maxLength: 2 }),
});

/** Events of two attempts that contradict each other nowhere: one end for each, and one event for each phase and version. */
export const consistentHappenings: fc.Arbitrary<readonly Happening[]> = fc
  .record({
    ends: fc.tuple(fc.constantFrom('FAILED', 'TIMED_OUT'), fc.constantFrom('SUCCEEDED', 'RECOVERED')),
    list: fc.array(happening, { minLength: 2, maxLength: 14, size: 'max' }),
  })
  .map(({ ends: [first, second], list }) => {
    const agreed = list.map((one): Happening => {
      const attempt = Math.min(one.attempt, 2);
      return { ...one, attempt, phase: ends(one.phase) ? (attempt === 1 ? first : second) : one.phase };
    });
    return [
      ...new Map(agreed.map((one) => [`${one.attempt} ${one.phase} ${one.version}`, one] as const)).values(),
    ];
  });

/** A status knows less than an event. */
const statusHappening = happening.map(
  ({ facts: { cacheStatus }, clusterEvents: _, ...rest }): Happening => ({
    ...rest,
    version: 0,
    facts: { cacheStatus },
  }),
);

const newThing: fc.Arbitrary<NewThing> = fc.oneof(
  fc.record({
    action: fc.constantFrom('a1', 'a1', 'a2', 'a3', 'a4', 'a0'),
    parent: fc.constantFrom('', '', 'a0', 'a1', 'a2', 'a4'),
    type: fc.constant('TASK' as const),
    retries: fc.integer({ min: 0, max: 2 }),
  }),
  fc.record({
    action: fc.constantFrom('c1', 'c1', 'a3'),
    parent: fc.constantFrom('', 'a0', 'a1'),
    type: fc.constant('CONDITION' as const),
    retries: fc.constant(0),
  }),
  fc.record({
    action: fc.constantFrom('a4', 'a3'),
    parent: fc.constantFrom('', 'a1', 'a2'),
    type: fc.constant('TRACE' as const),
    retries: fc.constant(0),
    of: maybe(happening.map(({ clusterEvents: _, ...rest }) => ({ ...rest, attempt: 1, version: 0 }))),
    since: time,
  }),
);

const update: fc.Arbitrary<Update> = fc.record({
  action: actions,
  of: happening,
  spec: maybe(newThing.map(({ action: _, ...spec }) => spec)),
  status: maybe(fc.record({ of: statusHappening, durationMs: maybe(fc.integer({ min: 0, max: 9_999 })) }), 3),
});

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      run: fc.constantFrom('r1', 'r2', 't1'),
      tracked: fc.boolean(),
      retries: fc.integer({ min: 0, max: 2 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({ run: ordinaryRuns, thing: newThing })
      .map(({ run, thing }) => ({ do: 'record' as const, run, ...thing })),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('events' as const),
      events: fc.array(fc.record({ run: runs, action: actions, of: happening }), {
        minLength: 1,
        maxLength: 4,
      }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('status' as const),
      run: runs,
      action: actions,
      of: statusHappening,
      durationMs: maybe(fc.integer({ min: 0, max: 9_999 })),
      reason: maybe(fc.constantFrom('asked to', 'too slow')),
      output: maybe(fc.constantFrom('yes', 'no')),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('signal' as const),
      run: ordinaryRuns,
      action: fc.constantFrom('c1', 'c1', 'c1', 'a3', 'a0'),
      value: fc.constantFrom('go', 'go', true),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('report' as const),
      run: fc.constantFrom('t1', 't1', 't1', 'r1', 'none'),
      updates: fc.array(update, { minLength: 1, maxLength: 3 }),
    }),
  },
);

const abort: fc.Arbitrary<Command> = fc.record({
  do: fc.constant('abort' as const),
  run: runs,
  action: fc.constantFrom('a0', 'a1', 'a1', 'a2', 'c1', 'a4'),
  tracked: fc.boolean(),
});

/** Commands that share a transaction, some of them sent twice; or an abort, which has one for itself. */
const round = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .array(command, { minLength: 1, maxLength: 5 })
      .chain((commands) => fc.subarray(commands).map((repeated) => [...commands, ...repeated])),
  },
  { weight: 1, arbitrary: abort.map((one) => [one]) },
);

const beginning: readonly Command[] = [
  { do: 'create', run: 'r1', tracked: false, retries: 1 },
  { do: 'create', run: 't1', tracked: true, retries: 1 },
  { do: 'record', run: 'r1', action: 'a1', parent: '', type: 'TASK', retries: 2 },
];

/** Histories of some rounds; most begin with something to work on. */
export const histories: fc.Arbitrary<readonly Round[]> = fc
  .record({
    begun: fc.constantFrom(true, true, true, false),
    rounds: fc.array(round, { minLength: 1, maxLength: 8, size: 'max' }),
  })
  .map(({ begun, rounds }) =>
    [...(begun ? [beginning] : []), ...rounds].map((commands, i) => ({ now: i * 5 * TICK, commands })),
  );
