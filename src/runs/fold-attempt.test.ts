import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldIntoAttempt, newAttempt, runningSince } from './fold-attempt.ts';
import { instantFromMicros } from './instant.ts';
import { isTerminal, PHASES, type Phase, phaseRank } from './phase.ts';
import type { AttemptEvent, AttemptRecord, TransitionRecord } from './records.ts';

const at = (micros: number) => instantFromMicros(1_700_000_000_000_000n + BigInt(micros));
const event = (phase: Phase, time: number, more: Partial<AttemptEvent> = {}): AttemptEvent => ({
  attempt: 1,
  phase,
  version: 0,
  time: at(time),
  fields: {},
  ...more,
});

function fold(events: readonly AttemptEvent[]): {
  attempt: AttemptRecord;
  transitions: TransitionRecord[];
  changed: boolean[];
} {
  const [first] = events;
  if (first === undefined) throw new Error('an attempt begins with an event');
  const state = { attempt: newAttempt(first), transitions: [] as TransitionRecord[] };
  const changed = events.map((one) => foldIntoAttempt(state, one, (transition) => transition));
  const { field_versions, ...attempt } = state.attempt;
  const versions: Record<string, number> = JSON.parse(field_versions);
  const sorted = Object.fromEntries(Object.entries(versions).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...state, attempt: { ...attempt, field_versions: JSON.stringify(sorted) }, changed };
}

const history = (events: readonly AttemptEvent[]) =>
  fold(events).transitions.map(({ phase, start_time, end_time }) => [phase, start_time, end_time]);

const bytes = fc.uint8Array({ minLength: 1, maxLength: 2 });
const fields = fc.record(
  {
    error_info: bytes,
    outputs: bytes,
    log_info: bytes,
    log_context: bytes,
    cluster: fc.constantFrom('c1', 'c2', 'c3'),
    cache_status: fc.integer({ min: 1, max: 5 }),
    cache_metadata: bytes,
  },
  { requiredKeys: [] },
);

/** Events that do not contradict each other: one terminal phase at most, and one event for each phase and version. */
const consistentEvents = fc
  .record({
    terminal: fc.constantFrom(...PHASES.filter(isTerminal)),
    events: fc.uniqueArray(
      fc.record({
        step: fc.integer({ min: 1, max: 6 }),
        version: fc.integer({ min: 0, max: 3 }),
        time: fc.integer({ min: 0, max: 30 }),
        end: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }),
        fields,
      }),
      { minLength: 1, maxLength: 10, selector: ({ step, version }) => `${step}.${version}` },
    ),
  })
  .map(({ terminal, events }) =>
    events.map(({ step, version, time, end, fields: given }) => {
      const phase = PHASES.find((one) => !isTerminal(one) && phaseRank(one) === step) ?? terminal;
      const endTime = end === undefined ? undefined : at(end);
      const outputUri = given.outputs && `s3://${given.outputs.join('-')}`;
      return event(phase, time, { version, endTime, fields: given, outputUri });
    }),
  );

const orders = consistentEvents.chain((events) =>
  fc.record({
    events: fc.constant(events),
    other: fc
      .array(fc.constantFrom(...events), { maxLength: 6 })
      .chain((repeats) =>
        fc.shuffledSubarray([...events, ...repeats], { minLength: events.length + repeats.length }),
      ),
  }),
);

describe('folding events into an attempt', () => {
  it('does not depend on their order, nor on how often each comes', () => {
    fc.assert(
      fc.property(orders, ({ events, other }) => {
        const { attempt, transitions } = fold(events);
        const again = fold(other);
        expect(again.attempt).toEqual(attempt);
        expect(again.transitions).toEqual(transitions);
      }),
      { numRuns: 1000 },
    );
  });

  it('changes nothing for events that came before', () => {
    fc.assert(
      fc.property(consistentEvents, (events) => {
        const { changed } = fold([...events, ...events]);
        expect(changed.slice(events.length)).toEqual(events.map(() => false));
      }),
      { numRuns: 300 },
    );
  });

  it('makes a history without gaps or overlaps, that begins and ends with the attempt', () => {
    fc.assert(
      fc.property(consistentEvents, (events) => {
        const { attempt, transitions } = fold(events);
        expect(transitions[0]?.start_time).toBe(attempt.start_time);
        transitions.forEach((one, i) => {
          const next = transitions[i + 1];
          expect(one.end_time).toBe(next === undefined ? attempt.end_time : next.start_time);
          if (one.end_time !== null) expect(one.end_time >= one.start_time).toBe(true);
        });
        expect(attempt.phase).toBe(transitions.at(-1)?.phase);
        expect(attempt.end_time === null).toBe(!isTerminal(attempt.phase as Phase));
      }),
      { numRuns: 300 },
    );
  });

  it('lets the first of two terminal phases stand, with all it said', () => {
    const won = [event('RUNNING', 1), event('FAILED', 5, { fields: { cluster: 'a' } })];
    const { changed, ...expected } = fold(won);
    const contradicted = fold([...won, event('SUCCEEDED', 9, { version: 7, fields: { cluster: 'b' } })]);
    expect(changed).toEqual([true, true]);
    expect(contradicted).toEqual({ ...expected, changed: [true, true, false] });
  });

  it('ends an attempt when it ended, not when that was reported', () => {
    const { attempt, transitions } = fold([event('RUNNING', 1), event('SUCCEEDED', 9, { endTime: at(6) })]);
    expect(attempt.end_time).toBe(at(6));
    expect(transitions.at(-1)).toMatchObject({ start_time: at(6), end_time: at(6) });
  });

  it('takes a phase for reached when a later one was', () => {
    expect(history([event('RUNNING', 4), event('QUEUED', 9), event('SUCCEEDED', 2)])).toEqual([
      ['QUEUED', at(2), at(2)],
      ['RUNNING', at(2), at(2)],
      ['SUCCEEDED', at(2), at(2)],
    ]);
  });

  it('keeps a field until a later event carries it', () => {
    const events = [
      event('RUNNING', 2, { version: 3, fields: { cluster: 'third', cache_status: 1 } }),
      event('RUNNING', 2, { version: 1, fields: { cluster: 'first' } }),
      event('SUCCEEDED', 3, { fields: { cache_status: 2 } }),
      event('RUNNING', 2, { version: 4, fields: { cluster: 'fourth', cache_status: 9 } }),
    ];
    expect(fold(events).attempt).toMatchObject({ cluster: 'fourth', cache_status: 2, version: 0 });
  });

  it('knows since when it ran', () => {
    expect(runningSince(fold([event('QUEUED', 1)]).transitions)).toBeUndefined();
    expect(runningSince(fold([event('QUEUED', 1), event('RUNNING', 3)]).transitions)).toBe(at(3));
  });
});
