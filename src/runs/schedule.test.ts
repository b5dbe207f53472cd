import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FixedRateUnit, ScheduleSchema } from '../gen/flyteidl2/task/common_pb.js';
import { type Instant, parseInstant, timestampOf } from './instant.ts';
import { newestFirings, nextFiring, readSchedule, type Schedule } from './schedule.ts';

const at = (text: string): Instant => {
  const instant = parseInstant(text);
  if (instant === undefined) throw new Error(`${text} is no time`);
  return instant;
};
const now = at('2026-01-01T00:00:00Z');
const cron = (expression: string, timezone = ''): Schedule =>
  readSchedule(
    create(ScheduleSchema, { expression: { case: 'cron', value: { expression, timezone } } }),
    now,
  );
const rate = (value: number, unit = FixedRateUnit.MINUTE, start?: string): Schedule =>
  readSchedule(
    create(ScheduleSchema, {
      expression: {
        case: 'rate',
        value: { value, unit, ...(start ? { startTime: timestampOf(at(start)) } : {}) },
      },
    }),
    now,
  );

/** The next firings, as `MM-DDTHH:MM`. */
function next(schedule: Schedule, after: string, count: number, since = after): string[] {
  const found: string[] = [];
  for (let time: Instant | undefined = at(after); found.length < count; ) {
    time = nextFiring(schedule, at(since), time);
    if (time === undefined) break;
    found.push(time.slice(5, 16));
  }
  return found;
}

describe('cron expressions', () => {
  it.each<[string, string, string[]]>([
    ['0 * * * *', 'UTC', ['06-01T13:00', '06-01T14:00']],
    ['*/5 * * * *', '', ['06-01T12:05', '06-01T12:10']],
    ['5/15 * * * *', '', ['06-01T12:05', '06-01T12:20']],
    ['0 9 * * MON-FRI', 'Europe/Berlin', ['06-02T07:00', '06-03T07:00']],
    ['0 0 1 * 1', 'UTC', ['06-08T00:00', '06-15T00:00']],
    ['0 0 ? * *', 'UTC', ['06-02T00:00', '06-03T00:00']],
    ['@daily', 'US/Eastern', ['06-02T04:00', '06-03T04:00']],
    ['CRON_TZ=Asia/Tokyo  0 0 * * *', '', ['06-01T15:00', '06-02T15:00']],
    ['TZ=Asia/Tokyo 0 0 * * *', 'Asia/Tokyo', ['06-01T15:00', '06-02T15:00']],
    ['0 0 * * 7', 'UTC', ['06-07T00:00', '06-14T00:00']],
  ])('%s in %s', (expression, timezone, expected) => {
    expect(next(cron(expression, timezone), '2026-06-01T12:00:00Z', 2)).toEqual(expected);
  });

  it('reads the older form of the message', () => {
    const message = create(ScheduleSchema, {
      expression: { case: 'cronExpression', value: 'CRON_TZ=Asia/Tokyo 0 0 * * *' },
    });
    expect(readSchedule(message, now)).toEqual({
      kind: 'cron',
      expression: '0 0 * * *',
      timezone: 'Asia/Tokyo',
    });
  });

  it.each([
    ['a', '', 'cron expression "a" must have five fields'],
    ['* * * *', '', 'must have five fields'],
    ['0 * * * * *', '', 'must have five fields'],
    ['60 * * * *', '', `cron expression "60 * * * *" can't be read: Invalid value for minute: 60`],
    ['@every 5m', '', `cron expression "@every 5m" can't be read:`],
    ['2027-01-01T00:00:00', '', 'must have five fields'],
    ['0 0 31 2 *', '', 'cron expression "0 0 31 2 *" never fires'],
    ['0 0 * * *', 'Mars/Base', 'the time zone "Mars/Base" is not known'],
    ['0 0 * * *', '+02:00', 'the time zone "+02:00" is not known'],
    ['CRON_TZ=UTC 0 0 * * *', 'Asia/Tokyo', 'names the time zone "UTC" and timezone "Asia/Tokyo"; name one'],
    [`${'0,'.repeat(200)}0 * * * *`, '', 'must have at most 255 characters'],
  ])('refuses %s in %s', (expression, timezone, sentence) => {
    expect(() => cron(expression, timezone)).toThrow(sentence);
  });
});

describe('when clocks change', () => {
  // Berlin: 2026-03-29 has no 02:00 to 02:59, 2026-10-25 has them twice (first 00:xx, then 01:xx UTC).
  const spring = '2026-03-28T12:00:00Z';
  const autumn = '2026-10-24T12:00:00Z';

  it.each<[string, string[]]>([
    ['30 2 * * *', ['03-29T01:00', '03-30T00:30']],
    ['0 2 * * *', ['03-29T01:00', '03-30T00:00']],
    ['15,45 2 * * *', ['03-29T01:00', '03-30T00:15', '03-30T00:45']],
    ['0 3 * * *', ['03-29T01:00', '03-30T01:00']],
    ['0 2,3 * * *', ['03-29T01:00', '03-30T00:00']],
  ])('a fixed time that does not exist fires once, when it would have come: %s', (expression, expected) => {
    expect(next(cron(expression, 'Europe/Berlin'), spring, expected.length)).toEqual(expected);
  });

  it.each<[string, string[]]>([
    ['30 2 * * *', ['10-25T00:30', '10-26T01:30']],
    ['15,45 2 * * *', ['10-25T00:15', '10-25T00:45', '10-26T01:15']],
  ])('a fixed time that exists twice fires the first time: %s', (expression, expected) => {
    expect(next(cron(expression, 'Europe/Berlin'), autumn, expected.length)).toEqual(expected);
  });

  it('a schedule with * or a step follows the time that passes', () => {
    const hourly = cron('0 * * * *', 'Europe/Berlin');
    expect(next(hourly, '2026-03-29T00:00:00Z', 3)).toEqual(['03-29T01:00', '03-29T02:00', '03-29T03:00']);
    expect(next(hourly, '2026-10-24T23:30:00Z', 3)).toEqual(['10-25T00:00', '10-25T01:00', '10-25T02:00']);
    const steps = cron('*/30 2 * * *', 'Europe/Berlin');
    expect(next(steps, spring, 2)).toEqual(['03-30T00:00', '03-30T00:30']);
    expect(next(steps, autumn, 5)).toEqual([
      '10-25T00:00',
      '10-25T00:30',
      '10-25T01:00',
      '10-25T01:30',
      '10-26T01:00',
    ]);
  });

  it('midnight that does not exist', () => {
    // Havana moves its clocks at midnight of 2026-03-08.
    expect(next(cron('0 0 * * *', 'America/Havana'), '2026-03-07T12:00:00Z', 2)).toEqual([
      '03-08T05:00',
      '03-09T04:00',
    ]);
  });
});

describe('fixed rates', () => {
  it('count from when they came into force, and fire for the first time one interval later', () => {
    expect(next(rate(90), '2026-06-01T12:00:30Z', 2)).toEqual(['06-01T13:30', '06-01T15:00']);
    expect(next(rate(2, FixedRateUnit.DAY), '2026-06-01T12:00:00Z', 2)).toEqual([
      '06-03T12:00',
      '06-05T12:00',
    ]);
  });

  it('count from their start time, before and after it', () => {
    const schedule = rate(3, FixedRateUnit.HOUR, '2026-06-01T00:30:00Z');
    expect(next(schedule, '2026-05-01T00:00:00Z', 2)).toEqual(['06-01T00:30', '06-01T03:30']);
    expect(next(schedule, '2026-06-01T03:30:00Z', 2)).toEqual(['06-01T06:30', '06-01T09:30']);
    expect(next(schedule, '2026-06-01T03:29:59Z', 1)).toEqual(['06-01T03:30']);
  });

  it('refuses what is no rate', () => {
    expect(() => rate(0)).toThrow('schedule.rate.value must be greater than 0');
    expect(() => rate(1, FixedRateUnit.UNSPECIFIED)).toThrow('schedule.rate.unit must be');
    expect(() => rate(40_000, FixedRateUnit.DAY)).toThrow('at most once in 100 years');
    expect(() => readSchedule(create(ScheduleSchema), now)).toThrow('schedule.expression must be set');
  });
});

it('the newest firings of a time are the last of those that follow each other, on every schedule', () => {
  const schedules = [
    cron('*/7 * * * *', 'Europe/Berlin'),
    cron('30 2 * * *', 'Europe/Berlin'),
    cron('15,45 2 * * *', 'America/New_York'),
    cron('0 */5 * * 1-5', 'Australia/Lord_Howe'),
    rate(35),
    rate(7, FixedRateUnit.HOUR, '2026-02-01T00:10:00Z'),
  ];
  const minutes = fc.integer({ min: 0, max: 365 * 24 * 60 });
  fc.assert(
    fc.property(
      fc.constantFrom(...schedules),
      minutes,
      fc.integer({ min: 0, max: 600 }),
      fc.integer({ min: 1, max: 5 }),
      (schedule, start, length, count) => {
        const since = at(new Date(Date.parse(now) + start * 60_000).toISOString());
        const until = at(new Date(Date.parse(since) + length * 60_000 + 30_000).toISOString());
        const all: Instant[] = [];
        for (let time = nextFiring(schedule, since, since); time !== undefined && time <= until; ) {
          all.push(time);
          time = nextFiring(schedule, since, time);
        }
        const from = all[0] ?? until;
        expect(newestFirings(schedule, since, { from, until }, count)).toEqual(all.slice(-count));
      },
    ),
    { numRuns: 300 },
  );
});
