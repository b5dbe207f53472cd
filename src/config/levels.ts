import * as z from 'zod';
import { describe } from './leaves.ts';

/** The levels of the logger, from the rarest to the chattiest message. */
export const levels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** A level of the logger; `silent` logs nothing. */
export type Level = (typeof levels)[number];

/** The meaning of logrus' numbers, in order from 0; its panic level has no counterpart but fatal. */
const byNumber: readonly Level[] = ['fatal', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'];
const byName = new Map<string, Level>([
  ...levels.map((level) => [level, level] as const),
  ['panic', 'fatal'],
  ['warning', 'warn'],
]);

/** The level that a number from 0 (panic) to 6 (trace) or a name stands for; undefined for anything else. */
export function parseLevel(value: unknown): Level | undefined {
  if (typeof value === 'number') return byNumber[value];
  if (typeof value !== 'string') return undefined;
  return /^\d$/.test(value) ? byNumber[Number(value)] : byName.get(value.toLowerCase());
}

/** The schema of `logger.level`. */
export const level = describe(
  z
    .unknown()
    .transform((input, context) => {
      const parsed = parseLevel(input);
      if (parsed) return parsed;
      const message = `must be a number from 0 (panic) to 6 (trace) or one of ${[...byName.keys()].join(', ')}, not ${JSON.stringify(input)}`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .prefault('info'),
  {
    kind: 'level',
    type: 'number or name',
    default: '4 (info)',
    meaning: 'How much is logged: 0 panic, 1 fatal, 2 error, 3 warn, 4 info, 5 debug, 6 trace, or the name.',
  },
);
