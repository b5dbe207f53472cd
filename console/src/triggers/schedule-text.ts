import {
  type FixedRate,
  FixedRateUnit,
  type TriggerAutomationSpec,
} from '../../../src/gen/flyteidl2/task/common_pb.js';
import { nextFiring, readSchedule } from '../../../src/runs/schedule.ts';

const WORDS: Readonly<Record<number, string>> = {
  [FixedRateUnit.MINUTE]: 'minute',
  [FixedRateUnit.HOUR]: 'hour',
  [FixedRateUnit.DAY]: 'day',
};

/** When a trigger fires, in a few words. */
export function scheduleText(spec: TriggerAutomationSpec | undefined): string {
  if (spec?.automation.case === 'artifact') return `for each new ${spec.automation.value.artifactName}`;
  if (spec?.automation.case !== 'schedule') return 'by hand only';
  const { expression } = spec.automation.value;
  switch (expression.case) {
    case 'rate':
      return rateText(expression.value);
    case 'cron':
      return `${expression.value.expression} (${expression.value.timezone || 'UTC'})`;
    case 'cronExpression':
      return `${expression.value} (UTC)`;
    default:
      return 'by hand only';
  }
}

function rateText({ value, unit }: FixedRate): string {
  const word = WORDS[unit] ?? 'unknown unit';
  return value === 1 ? `every ${word}` : `every ${value} ${word}s`;
}

/**
 * When an active trigger fires next, by the rules of the service; undefined if it does not by the clock. Times are milliseconds since
 * 1970; `since` is when the trigger came into force.
 */
export function nextTime(
  spec: TriggerAutomationSpec | undefined,
  since: number,
  now: number,
): number | undefined {
  if (spec?.automation.case !== 'schedule') return undefined;
  try {
    const instant = (ms: number) => new Date(ms).toISOString().replace('Z', '000Z');
    const next = nextFiring(readSchedule(spec.automation.value, instant(now)), instant(since), instant(now));
    return next === undefined ? undefined : Date.parse(next);
  } catch {
    // Never deployed by a service of this version; it is shown without this time.
    return undefined;
  }
}
