import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import {
  FixedRateUnit,
  TriggerAutomationSpecSchema,
  TriggerAutomationSpecType,
} from '../../../src/gen/flyteidl2/task/common_pb.js';
import { nextTime, scheduleText } from './schedule-text.ts';

const now = Date.parse('2026-03-01T10:20:30Z');
const cron = create(TriggerAutomationSpecSchema, {
  type: TriggerAutomationSpecType.TYPE_SCHEDULE,
  automation: {
    case: 'schedule',
    value: { expression: { case: 'cron', value: { expression: '0 9 * * *', timezone: 'Europe/Berlin' } } },
  },
});
const rate = (value: number) =>
  create(TriggerAutomationSpecSchema, {
    type: TriggerAutomationSpecType.TYPE_SCHEDULE,
    automation: {
      case: 'schedule',
      value: { expression: { case: 'rate', value: { value, unit: FixedRateUnit.HOUR } } },
    },
  });

describe('a trigger', () => {
  test('says when it fires', () => {
    expect(scheduleText(cron)).toBe('0 9 * * * (Europe/Berlin)');
    expect(scheduleText(rate(1))).toBe('every hour');
    expect(scheduleText(rate(6))).toBe('every 6 hours');
    expect(scheduleText(undefined)).toBe('by hand only');
  });

  test('fires next as the service would', () => {
    expect(nextTime(cron, now, now)).toBe(Date.parse('2026-03-02T08:00:00Z'));
    expect(nextTime(rate(6), Date.parse('2026-03-01T01:00:00Z'), now)).toBe(
      Date.parse('2026-03-01T13:00:00Z'),
    );
    expect(nextTime(undefined, now, now)).toBeUndefined();
  });
});
