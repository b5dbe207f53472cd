/**
 * Writes down what a client can see of a type on the wire, rules included, in the notation of published.txt:
 * field number, name, type and the rules as `path=value`.
 */
import {
  type DescEnum,
  type DescField,
  type DescMessage,
  type DescService,
  getOption,
  hasOption,
  type Message,
  ScalarType,
} from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import * as validate from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';

/** The rules that are set, as `path=value`, in the order of their fields. */
function flatten(rules: ReflectMessage, prefix = ''): string[] {
  const lines: string[] = [];
  for (const field of rules.sortedFields) {
    if (!rules.isSet(field)) continue;
    const path = prefix + field.name;
    if (field.fieldKind === 'message') {
      const inner = flatten(rules.get(field), `${path}.`);
      lines.push(...(inner.length > 0 ? inner : [`${path}={}`]));
    } else if (field.fieldKind === 'list') {
      const items = [...rules.get(field)];
      if (field.listKind === 'message') {
        items.forEach((item, index) => {
          lines.push(...flatten(item as ReflectMessage, `${path}[${index}].`));
        });
      } else {
        lines.push(`${path}=[${items.join(', ')}]`);
      }
    } else {
      const value: unknown = rules.get(field);
      lines.push(`${path}=${typeof value === 'string' ? JSON.stringify(value) : value}`);
    }
  }
  return lines;
}

function braces(schema: DescMessage, rules: Message): string {
  return ` {${flatten(reflect(schema, rules)).sort().join(', ')}}`;
}

function scalarName(type: ScalarType): string {
  return ScalarType[type].toLowerCase();
}

/** The type of a field, or of the items of a list, or of the values of a map. */
function valueType(field: DescField): string {
  if (field.message) return field.message.typeName;
  if (field.enum) return field.enum.typeName;
  return scalarName(field.scalar);
}

function typeName(field: DescField): string {
  switch (field.fieldKind) {
    case 'list':
      return `repeated ${valueType(field)}`;
    case 'map':
      return `map<${scalarName(field.mapKey)}, ${valueType(field)}>`;
    default:
      return valueType(field);
  }
}

function fieldLine(field: DescField): string {
  const before = field.proto.proto3Optional ? 'optional ' : '';
  const after = field.oneof ? ` of ${field.oneof.name}` : '';
  const rules = hasOption(field, validate.field)
    ? braces(validate.FieldRulesSchema, getOption(field, validate.field))
    : '';
  return `  ${field.number} ${field.name} ${before}${typeName(field)}${after}${rules}`;
}

function messageLines(desc: DescMessage): string[] {
  const lines = [...desc.fields].sort((a, b) => a.number - b.number).map(fieldLine);
  for (const oneof of [...desc.oneofs].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (hasOption(oneof, validate.oneof)) {
      lines.push(
        `  oneof ${oneof.name}${braces(validate.OneofRulesSchema, getOption(oneof, validate.oneof))}`,
      );
    }
  }
  if (hasOption(desc, validate.message)) {
    lines.push(`  message${braces(validate.MessageRulesSchema, getOption(desc, validate.message))}`);
  }
  return lines;
}

function serviceLines(desc: DescService): string[] {
  const lines = desc.methods.map((method) => {
    const input = method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming';
    const output = method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming';
    const arrow = `${input ? 'stream ' : ''}${method.input.typeName} -> ${output ? 'stream ' : ''}${method.output.typeName}`;
    const safe = method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
    return `  ${method.name} ${arrow}${safe ? ' NO_SIDE_EFFECTS' : ''}`;
  });
  return lines.sort();
}

function enumLines(desc: DescEnum): string[] {
  const values = [...desc.values].sort((a, b) => a.number - b.number || (a.name < b.name ? -1 : 1));
  return values.map((value) => `  ${value.number} ${value.name}`);
}

/** The entry of a type in published.txt: a heading and one line per field, value or RPC. */
export function shapeOf(desc: DescMessage | DescEnum | DescService): string {
  const heading = `${desc.kind} ${desc.typeName}`;
  switch (desc.kind) {
    case 'message':
      return [heading, ...messageLines(desc)].join('\n');
    case 'enum':
      return [heading, ...enumLines(desc)].join('\n');
    case 'service':
      return [heading, ...serviceLines(desc)].join('\n');
  }
}
