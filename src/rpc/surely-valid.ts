import {
  type DescField,
  type DescMessage,
  type DescOneof,
  getOption,
  hasOption,
  isFieldSet,
  type Message,
  ScalarType,
} from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';
import {
  field as fieldOption,
  type FieldRules,
  FieldRulesSchema,
  message as messageOption,
  oneof as oneofOption,
  OneofRulesSchema,
  type StringRules,
  StringRulesSchema,
  type UInt32Rules,
  UInt32RulesSchema,
} from '../gen/buf/validate/validate_pb.js';

/*
 * Finds messages that hold to the rules of the contract, without the paths and cursors that protovalidate makes on its way. It knows the rules that most
 * fields have: `required`, the length of a string, the least value of a uint32. A message that has any other rule, or that may break one of
 * these, is not surely valid; then protovalidate decides. So whatever the contract says, nothing passes here that breaks a rule.
 */

type Fields = Record<string, unknown>;
type Test = (message: Fields) => boolean;

const never: Test = () => false;
const plans = new WeakMap<DescMessage, readonly Test[]>();

/** Whether the message holds to all rules of its type, those of messages within included. False means only that it is not certain. */
export function surelyValid(schema: DescMessage, message: Message): boolean {
  return passes(schema, message as unknown as Fields);
}

function passes(schema: DescMessage, message: Fields): boolean {
  let plan = plans.get(schema);
  if (plan === undefined) {
    plan = planOf(schema);
    plans.set(schema, plan);
  }
  for (const test of plan) if (!test(message)) return false;
  return true;
}

function planOf(schema: DescMessage): readonly Test[] {
  if (hasOption(schema, messageOption)) return [never];
  const tests = [...schema.oneofs.map(testOfOneof), ...schema.fields.map(testOfField)];
  return tests.filter((test) => test !== undefined);
}

function testOfOneof(oneof: DescOneof): Test | undefined {
  if (!hasOption(oneof, oneofOption)) return undefined;
  const rules = getOption(oneof, oneofOption);
  if (!hasOnly(OneofRulesSchema, rules, ['required'])) return never;
  const { localName } = oneof;
  return rules.required
    ? (message) => (message[localName] as { case?: string }).case !== undefined
    : undefined;
}

function testOfField(field: DescField): Test | undefined {
  const rules = hasOption(field, fieldOption) ? getOption(field, fieldOption) : undefined;
  if (field.fieldKind === 'message') return testOfMessage(field, field.message, rules);
  if (rules !== undefined) return testOfValue(field, rules);
  if (field.message === undefined || !hasRules(field.message, new Set())) return undefined;
  const { localName, message: schema } = field;
  return field.fieldKind === 'list'
    ? (message) => (message[localName] as Fields[]).every((item) => passes(schema, item))
    : (message) =>
        Object.values(message[localName] as Record<string, Fields>).every((item) => passes(schema, item));
}

function testOfMessage(
  field: DescField,
  schema: DescMessage,
  rules: FieldRules | undefined,
): Test | undefined {
  const { localName, oneof } = field;
  const inner = hasRules(schema, new Set());
  if (rules !== undefined && (oneof !== undefined || !hasOnly(FieldRulesSchema, rules, ['required'])))
    return never;
  if (!inner && rules?.required !== true) return undefined;
  if (oneof !== undefined) {
    return (message) => {
      const chosen = message[oneof.localName] as { case?: string; value?: unknown };
      return chosen.case !== localName || passes(schema, chosen.value as Fields);
    };
  }
  const required = rules?.required === true;
  return (message) => {
    const value = message[localName];
    if (value === undefined) return !required;
    return !inner || passes(schema, value as Fields);
  };
}

/** Lists, maps, enums and scalars that have rules. */
function testOfValue(field: DescField, rules: FieldRules): Test {
  const { localName } = field;
  if (field.fieldKind === 'list' && hasOnly(FieldRulesSchema, rules, ['required'])) {
    const schema = field.message;
    return (message) => {
      const list = message[localName] as Fields[];
      return (
        (list.length > 0 || !rules.required) &&
        (schema === undefined || list.every((item) => passes(schema, item)))
      );
    };
  }
  const isPlain =
    field.fieldKind === 'scalar' &&
    field.oneof === undefined &&
    field.presence === FeatureSet_FieldPresence.IMPLICIT;
  if (!isPlain || !hasOnly(FieldRulesSchema, rules, ['required', 'string', 'uint32'])) return never;
  const { required, type } = rules;
  if (field.scalar === ScalarType.STRING && type.case !== 'uint32') {
    const bounds = type.case === 'string' ? boundsOf(type.value) : { min: 0, max: Number.POSITIVE_INFINITY };
    if (bounds === undefined) return never;
    const min = Math.max(bounds.min, Number(required));
    return (message) => {
      const { length } = message[localName] as string;
      return length >= min && length <= bounds.max;
    };
  }
  if (field.scalar === ScalarType.UINT32 && type.case === 'uint32') {
    const least = leastOf(type.value);
    if (least === undefined) return never;
    return (message) => (message[localName] as number) >= Math.max(least, Number(required));
  }
  return never;
}

/** Lengths in UTF-16 that are within the bounds, which count code points: each of these is one or two. */
function boundsOf(rules: StringRules): { min: number; max: number } | undefined {
  if (!hasOnly(StringRulesSchema, rules, ['min_len', 'max_len'])) return undefined;
  const least = Number(rules.minLen);
  const max = isFieldSet(rules, StringRulesSchema.field.maxLen)
    ? Number(rules.maxLen)
    : Number.POSITIVE_INFINITY;
  return { min: least <= 1 ? least : 2 * least, max };
}

function leastOf(rules: UInt32Rules): number | undefined {
  if (!hasOnly(UInt32RulesSchema, rules, ['gt'])) return undefined;
  return rules.greaterThan.case === 'gt' ? rules.greaterThan.value + 1 : 0;
}

/** Whether a message has none but these fields, and none that this version does not know. */
function hasOnly<Desc extends DescMessage>(schema: Desc, rules: Message, names: readonly string[]): boolean {
  if (rules.$unknown !== undefined && rules.$unknown.length > 0) return false;
  return schema.fields.every((field) => names.includes(field.name) || !isFieldSet(rules as never, field));
}

function hasRules(schema: DescMessage, seen: Set<DescMessage>): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  return (
    hasOption(schema, messageOption) ||
    schema.oneofs.some((oneof) => hasOption(oneof, oneofOption)) ||
    schema.fields.some(
      (field) =>
        hasOption(field, fieldOption) || (field.message !== undefined && hasRules(field.message, seen)),
    )
  );
}
