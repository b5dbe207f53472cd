import { create, fromBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { type Literal, LiteralSchema } from '../../src/gen/flyteidl2/core/literals_pb.js';
import { SimpleType } from '../../src/gen/flyteidl2/core/types_pb.js';
import { type EventPayload, EventPayloadSchema } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { readActionDetails } from '../../src/repository/read/details.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { type Signal, signalCondition } from '../../src/repository/write/commands/signal.ts';
import { updateStatus } from '../../src/repository/write/commands/update-status.ts';
import { payloadLiteral } from '../../src/runs/signal-value.ts';
import { dialects } from '../support/databases.ts';
import { at, condition, event, named, newAction, newRun, personBytes, status, task } from './fixtures.ts';
import { actionRow, dump, runRow, useRepository } from './repository.ts';

type Payload = EventPayload['value'];
const yes: Payload = { case: 'boolValue', value: true };

describe.each(dialects)('signalCondition on $name', ({ create: createDatabase }) => {
  const repository = useRepository(createDatabase);

  async function makeCondition(run: string, type?: SimpleType): Promise<void> {
    await repository.writer.submit(createRun(newRun(run)));
    await repository.writer.submit(recordAction(newAction(run, 'c1', { spec: condition(type) })));
  }

  const signal = async (run: string, payload: Payload, more: Partial<Signal> = {}) => {
    const { key, stored } = named(run, 'c1');
    return repository.writer.submit(
      signalCondition({
        key,
        stored,
        parent: '',
        value: payloadLiteral(create(EventPayloadSchema, { value: payload }).value),
        by: personBytes('judge'),
        ...more,
      }),
    );
  };

  it.each<[string, SimpleType, Payload, Literal['value']]>([
    ['boolean', SimpleType.BOOLEAN, yes, primitive({ case: 'boolean', value: true })],
    [
      'integer',
      SimpleType.INTEGER,
      { case: 'intValue', value: -9_007_199_254_740_993n },
      primitive({ case: 'integer', value: -9_007_199_254_740_993n }),
    ],
    [
      'float',
      SimpleType.FLOAT,
      { case: 'floatValue', value: 0.1 },
      primitive({ case: 'floatValue', value: 0.1 }),
    ],
    [
      'string',
      SimpleType.STRING,
      { case: 'stringValue', value: 'so be it 🙂' },
      primitive({ case: 'stringValue', value: 'so be it 🙂' }),
    ],
  ])('a condition that waits for a %s succeeds with it', async (name, type, payload, expected) => {
    const run = `waits-${name}`;
    await makeCondition(run, type);
    expect(await runRow(repository.dialect, run)).toMatchObject({ paused_actions: 1 });
    repository.now = at(40);
    await signal(run, payload, { parent: 'a0' });
    repository.now = at(0);
    const row = await actionRow(repository.dialect, run, 'c1');
    expect(row).toMatchObject({ phase: 'SUCCEEDED', end_time: at(40) });
    expect(fromBinary(LiteralSchema, row.output ?? new Uint8Array()).value).toEqual(expected);
    expect(await runRow(repository.dialect, run)).toMatchObject({ paused_actions: 0, phase: 'QUEUED' });
    expect(await readActionDetails(repository.dialect, row.id)).toMatchObject({
      result: {
        case: 'signalInfo',
        value: { signalledBy: { principal: { value: { id: { subject: 'judge' } } } } },
      },
    });
  });

  it('takes any type where none is asked for', async () => {
    await makeCondition('untyped');
    await signal('untyped', yes);
    expect((await actionRow(repository.dialect, 'untyped', 'c1')).phase).toBe('SUCCEEDED');
  });

  it.each<[string, SimpleType, Payload, Partial<Signal>, string]>([
    ['another type', SimpleType.STRING, yes, {}, 'waits for a string, not for a boolean'],
    ['what is no datetime', SimpleType.DATETIME, yes, {}, 'waits for a datetime, not for a boolean'],
    ['no value', SimpleType.BOOLEAN, { case: undefined }, {}, 'payload.value must be set'],
    ['another parent', SimpleType.BOOLEAN, yes, { parent: 'a7' }, 'belongs to "a0", not to "a7"'],
  ])('refuses %s, and still waits', async (name, type, payload, more, message) => {
    const run = `refuses-${name.replaceAll(' ', '-')}`.slice(0, 30);
    await makeCondition(run, type);
    const before = await dump(repository.dialect);
    await expect(signal(run, payload, more)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(message),
    });
    expect(await dump(repository.dialect)).toEqual(before);
  });

  it('refuses what is no condition, what has ended, and what is not there', async () => {
    await makeCondition('states');
    await repository.writer.submit(recordAction(newAction('states', 'a1', { spec: task() })));
    const notCondition = signal('states', yes, { key: named('states', 'a1').key });
    await expect(notCondition).rejects.toMatchObject({
      code: 'failed_precondition',
      message: /not a condition/,
    });
    const unknown = signal('states', yes, { key: named('states', 'c9').key });
    await expect(unknown).rejects.toMatchObject({ code: 'not_found' });

    await signal('states', yes);
    const ended = await actionRow(repository.dialect, 'states', 'c1');
    await expect(signal('states', { case: 'boolValue', value: false })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('has ended already (SUCCEEDED)'),
    });
    expect(await actionRow(repository.dialect, 'states', 'c1')).toEqual(ended);
  });

  it('lets one of two signals win, in one batch', async () => {
    await makeCondition('race', SimpleType.INTEGER);
    const outcomes = await Promise.allSettled([
      signal('race', { case: 'intValue', value: 1n }),
      signal('race', { case: 'intValue', value: 2n }),
    ]);
    expect(outcomes.map((o) => o.status)).toEqual(['fulfilled', 'rejected']);
    const { output } = await actionRow(repository.dialect, 'race', 'c1');
    expect(fromBinary(LiteralSchema, output ?? new Uint8Array()).value).toEqual(
      primitive({ case: 'integer', value: 1n }),
    );
  });

  it('refuses a condition of a tracked run: only its own process decides', async () => {
    await repository.writer.submit(createRun(newRun('own', { kind: 'TRACKED' })));
    await repository.writer.submit(
      recordAction(newAction('own', 'c1', { kind: 'TRACKED', spec: condition() })),
    );
    await expect(signal('own', yes)).rejects.toMatchObject({ code: 'not_found' });
    await repository.writer.submit(
      updateStatus(status('own', 'c1', event('ABORTED', 3), { kind: 'TRACKED' })),
    );
  });
});

function primitive(value: { case: string; value: unknown }): Literal['value'] {
  return create(LiteralSchema, {
    value: { case: 'scalar', value: { value: { case: 'primitive', value: { value: value as never } } } },
  }).value;
}
