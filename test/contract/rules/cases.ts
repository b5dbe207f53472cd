/** Turns every rule of a message into a case: messages that keep it, messages that break it, and the violation. */
import { type DescField, type DescMessage, getOption, type Message } from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import {
  type FieldRules,
  FieldRulesSchema,
  MessageRulesSchema,
  message as messageRules,
  oneof as oneofRules,
  OneofRulesSchema,
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { celProbes } from './cel-probes.ts';
import { probeFor } from './probes.ts';
import { itemsFor, putItems, putValue, rulesOf, sample } from './sample.ts';

/** One published rule. */
export interface RuleCase {
  desc: DescMessage;
  /** Such as `required`, `string.max_len`, `repeated.items.enum.in`, `oneof required`, `message cel`. */
  kind: string;
  /** The field or oneof that has the rule; empty for a rule of the message. */
  member: string;
  ruleId: string;
  kept: Message[];
  broken: { message: Message; path: string }[];
}

/** Where in a field a rule applies, and how to put a value there; `put` returns the path of the value. */
interface Place {
  prefix: string;
  put(message: ReflectMessage, value: unknown): string;
}

/** A case for each rule of the message, its fields and its oneofs. Throws if it meets a kind that it can't break. */
export function ruleCases(desc: DescMessage): RuleCase[] {
  const cases = desc.fields.flatMap((field) => {
    const rules = rulesOf(field);
    return rules ? fieldCases(desc, field, rules, wholeField(field)) : [];
  });
  for (const oneof of desc.oneofs) {
    for (const name of setRules(reflect(OneofRulesSchema, getOption(oneof, oneofRules)))) {
      if (name !== 'required') throw new Error(`${oneof}: nobody knows how to break ${name}`);
      const empty = sample(desc);
      for (const field of oneof.fields) empty.clear(field);
      const kept = oneof.fields.map((field) => changed(desc, (message) => putValue(message, field)));
      const broken = [{ message: empty.message, path: oneof.name }];
      cases.push({ desc, kind: 'oneof required', member: oneof.name, ruleId: 'required', kept, broken });
    }
  }
  const rules = getOption(desc, messageRules);
  for (const name of setRules(reflect(MessageRulesSchema, rules))) {
    if (name !== 'cel') throw new Error(`${desc}: nobody knows how to break ${name}`);
    cases.push(...rules.cel.map(({ id }) => celCase(desc, 'message cel', '', id)));
  }
  return cases;
}

function setRules(rules: ReflectMessage): string[] {
  return rules.sortedFields.filter((field) => rules.isSet(field)).map((field) => field.name);
}

/** A valid message, changed. */
function changed(desc: DescMessage, change: (message: ReflectMessage) => void): Message {
  const message = sample(desc);
  change(message);
  return message.message;
}

function fieldCases(desc: DescMessage, field: DescField, rules: FieldRules, place: Place): RuleCase[] {
  const reflected = reflect(FieldRulesSchema, rules);
  return reflected.sortedFields
    .filter((rule) => reflected.isSet(rule))
    .flatMap((rule): RuleCase[] => {
      const kind = place.prefix + rule.name;
      const member = field.name;
      switch (rule.name) {
        case 'required': {
          const broken = [{ message: changed(desc, (message) => message.clear(field)), path: field.name }];
          const kept = [changed(desc, (message) => putValue(message, field))];
          return [{ desc, kind, member, ruleId: 'required', kept, broken }];
        }
        case 'ignore':
          // Nothing breaks it: it says that the zero value, which the other rules would refuse, is allowed.
          return [
            {
              desc,
              kind,
              member,
              ruleId: '',
              kept: [changed(desc, (message) => message.clear(field))],
              broken: [],
            },
          ];
        case 'cel':
          return rules.cel.map(({ id }) => celCase(desc, kind, member, id));
        default:
          if (rule.oneof?.name !== 'type' || rule.fieldKind !== 'message') {
            throw new Error(`${field}: nobody knows how to break ${kind}`);
          }
          return typeCases(desc, field, rules, reflected.get(rule), `${rule.name}.`, place);
      }
    });
}

/** The rules of one type, such as those of `string`. */
function typeCases(
  desc: DescMessage,
  field: DescField,
  rules: FieldRules,
  typed: ReflectMessage,
  type: string,
  place: Place,
): RuleCase[] {
  return typed.sortedFields
    .filter((rule) => typed.isSet(rule))
    .flatMap((rule): RuleCase[] => {
      const name = type + rule.name;
      const inner = innerPlaces[name];
      if (inner) {
        const { type: outer } = rules;
        const innerRules =
          outer.case === 'repeated'
            ? outer.value.items
            : outer.case === 'map'
              ? outer.value[rule.name === 'keys' ? 'keys' : 'values']
              : undefined;
        return innerRules ? fieldCases(desc, field, innerRules, inner(field)) : [];
      }
      const { kept, broken, ruleId } = probeFor(name, field, rules, typed.get(rule));
      return [
        {
          desc,
          kind: place.prefix + name,
          member: field.name,
          ruleId,
          kept: kept.map((value) => changed(desc, (message) => place.put(message, value))),
          broken: broken.map((value) => {
            const message = sample(desc);
            const path = place.put(message, value);
            return { message: message.message, path };
          }),
        },
      ];
    });
}

function wholeField(field: DescField): Place {
  return {
    prefix: '',
    put(message, value) {
      if (field.fieldKind === 'list' || field.fieldKind === 'map')
        putItems(message, field, value as unknown[]);
      else message.set(field, value);
      return field.name;
    },
  };
}

const innerPlaces: Record<string, (field: DescField) => Place> = {
  'repeated.items': (field) => ({
    prefix: 'repeated.items.',
    put(message, value) {
      putItems(message, field, [value]);
      return `${field.name}[0]`;
    },
  }),
  'map.keys': (field) => ({
    prefix: 'map.keys.',
    put(message, value) {
      if (field.fieldKind !== 'map') throw new Error(`${field} is no map`);
      message.clear(field);
      message.get(field).set(value, itemsFor(field, 1)[0]);
      return `${field.name}[${JSON.stringify(value)}]`;
    },
  }),
  'map.values': (field) => ({
    prefix: 'map.values.',
    put(message, value) {
      putItems(message, field, [value]);
      return `${field.name}["k0"]`;
    },
  }),
};

function celCase(desc: DescMessage, kind: string, member: string, id: string): RuleCase {
  const probe = celProbes.find((candidate) => candidate.typeName === desc.typeName && candidate.id === id);
  if (!probe) throw new Error(`${desc.typeName}: nobody knows how to break its rule ${id}`);
  const broken = [{ message: changed(desc, (message) => probe.spoil(message)), path: member }];
  return { desc, kind, member, ruleId: id, kept: [sample(desc).message], broken };
}
