/** Builds, for any message of the contract, an instance that keeps all its rules. */
import { type DescField, type DescMessage, getOption, hasOption } from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import {
  type FieldRules,
  field as fieldRules,
  oneof as oneofRules,
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { celProbes } from './cel-probes.ts';
import { valueFor } from './values.ts';

/** The rules of a field, or undefined if it has none. */
export function rulesOf(field: DescField): FieldRules | undefined {
  return hasOption(field, fieldRules) ? getOption(field, fieldRules) : undefined;
}

/**
 * A message that keeps its rules: each field that has rules is set, one member of each required oneof too, and
 * what a CEL rule needs; nothing else. Throws if a rule is of a kind that it has no value for.
 */
export function sample(desc: DescMessage, depth = 0): ReflectMessage {
  if (depth > 8) throw new Error(`${desc.typeName} requires itself`);
  const message = reflect(desc);
  const needed = celProbes
    .filter((probe) => probe.typeName === desc.typeName)
    .flatMap((probe) => probe.alsoSet);
  for (const member of desc.members) {
    if (member.kind === 'field') {
      if (rulesOf(member) || needed.includes(member.name)) putValue(message, member, depth);
    } else if (getOption(member, oneofRules).required) {
      const first = member.fields[0];
      if (!first) throw new Error(`${member} has no members`);
      putValue(message, first, depth);
    }
  }
  return message;
}

/** Sets a field to something that keeps the field's rules: as few items as they allow, but one. */
export function putValue(message: ReflectMessage, field: DescField, depth = 0): void {
  const rules = rulesOf(field);
  switch (field.fieldKind) {
    case 'list': {
      const least = rules?.type.case === 'repeated' ? Number(rules.type.value.minItems) : 0;
      putItems(message, field, itemsFor(field, Math.max(1, least), depth));
      break;
    }
    case 'map':
      putItems(message, field, itemsFor(field, 1, depth));
      break;
    case 'message':
      message.set(field, messageFor(field.message, rules, depth));
      break;
    default:
      message.set(field, valueFor(field, rules));
  }
}

/** Replaces the items of a list, or the values of a map, whose keys become k0, k1 and so on. */
export function putItems(message: ReflectMessage, field: DescField, items: unknown[]): void {
  message.clear(field);
  if (field.fieldKind === 'list') {
    const list = message.get(field);
    for (const item of items) list.add(item);
  } else if (field.fieldKind === 'map') {
    const map = message.get(field);
    items.forEach((item, index) => {
      map.set(`k${index}`, item);
    });
  } else {
    throw new Error(`${field} is neither a list nor a map`);
  }
}

/** That many items of a list, or values of a map, that keep their rules; single values differ. */
export function itemsFor(field: DescField, count: number, depth = 0): unknown[] {
  const type = rulesOf(field)?.type;
  let rules: FieldRules | undefined;
  if (type?.case === 'repeated') rules = type.value.items;
  if (type?.case === 'map') rules = type.value.values;
  return Array.from({ length: count }, (_, n) =>
    field.message ? messageFor(field.message, rules, depth) : valueFor(field, rules, n),
  );
}

function messageFor(desc: DescMessage, rules: FieldRules | undefined, depth: number): ReflectMessage {
  const type = rules?.type;
  if (type?.case === undefined) return sample(desc, depth + 1);
  // A bound keeps the other bounds too, or the rules could not be kept at all.
  const bound = type.case === 'duration' ? type.value.greaterThan : undefined;
  if (bound?.case === 'gte') return reflect(desc, bound.value);
  throw new Error(`${desc.typeName}: no value for rules of ${type.case}`);
}
