import { createHash } from 'node:crypto';
import { clone, create } from '@bufbuild/protobuf';
import { LiteralSchema } from '../gen/flyteidl2/core/literals_pb.js';
import { type Inputs, InputsSchema, NamedLiteralSchema } from '../gen/flyteidl2/task/common_pb.js';
import { type Instant, timestampOf } from './instant.ts';

/** With this key in the context of its inputs, Flyte's runtime fills the named input with the run's start time by itself. */
const MARKER = '_u_kickoff_time_input_arg';
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** A trigger as names of runs are derived from it. */
export interface TriggerKeyText {
  readonly org_key: string;
  readonly project: string;
  readonly domain: string;
  readonly task_name: string;
  readonly name: string;
}

/**
 * The name of the run that a trigger starts for a scheduled time. It is always the same, whoever computes it and whatever became of the
 * trigger in between: so no time can be fired twice.
 */
export function firingRunName(trigger: TriggerKeyText, time: Instant): string {
  const { org_key, project, domain, task_name, name } = trigger;
  const digest = createHash('sha256')
    .update(JSON.stringify([org_key, project, domain, task_name, name, time]))
    .digest();
  let value = BigInt(`0x${digest.toString('hex')}`);
  let text = 's';
  for (let i = 0; i < 19; i++) {
    text += ALPHABET[Number(value % 36n)];
    value /= 36n;
  }
  return text;
}

/** When inputs get a scheduled time: always, or unless the caller chose a value of his own. */
export type KickoffRule = 'always' | 'unless-given';

/** The inputs with the scheduled time as the named input. Inputs that the runtime will fill by itself count as not given. */
export function withKickoffTime(
  inputs: Inputs,
  arg: string,
  time: Instant | undefined,
  rule: KickoffRule,
): Inputs {
  if (arg === '' || time === undefined) return inputs;
  const given = inputs.literals.some(({ name }) => name === arg);
  const marked = inputs.context.some(({ key, value }) => key === MARKER && value === arg);
  if (rule === 'unless-given' && given && !marked) return inputs;
  const result = clone(InputsSchema, inputs);
  const value = create(LiteralSchema, {
    value: {
      case: 'scalar',
      value: {
        value: {
          case: 'primitive',
          value: { value: { case: 'datetime', value: timestampOf(time) } },
        },
      },
    },
  });
  const literal = create(NamedLiteralSchema, { name: arg, value });
  const at = result.literals.findIndex(({ name }) => name === arg);
  if (at < 0) result.literals.push(literal);
  else result.literals[at] = literal;
  return result;
}

/**
 * The hash of offloaded inputs whose scheduled time the runtime fills in: it differs with the time, so that a cached result of another
 * time is not taken for this one's.
 */
export function kickoffInputsHash(inputsHash: string, arg: string, time: Instant | undefined): string {
  if (arg === '' || time === undefined) return inputsHash;
  return createHash('sha256').update(`${inputsHash}\n${arg}\n${time}`).digest('base64');
}
