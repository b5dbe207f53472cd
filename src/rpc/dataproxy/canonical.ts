import { type DescMessage, isFieldSet, type JsonObject, type Message } from '@bufbuild/protobuf';

type Fields = Record<string, unknown>;

/**
 * Puts the entries of every map of a message, and of the messages inside it, into the order of their keys, in place: messages that mean
 * the same then have the same bytes. Messages nest at most 100 deep, so the recursion is bounded.
 */
export function sortMaps(schema: DescMessage, message: Message): void {
  for (const field of schema.fields) {
    if (!isFieldSet(message, field)) continue;
    const holder =
      field.oneof === undefined ? message : (message as unknown as Fields)[field.oneof.localName];
    const name = field.oneof === undefined ? field.localName : 'value';
    const fields = holder as Fields;
    const value = fields[name];
    switch (field.fieldKind) {
      case 'message':
        fields[name] = sortedMessage(field.message, value);
        break;
      case 'list':
        if (field.listKind === 'message')
          fields[name] = (value as unknown[]).map((one) => sortedMessage(field.message, one));
        break;
      case 'map': {
        const { mapKind, message: inner } = field;
        const entries = Object.entries(value as Fields).sort(byKey);
        fields[name] = Object.fromEntries(
          mapKind === 'message' ? entries.map(([key, one]) => [key, sortedMessage(inner, one)]) : entries,
        );
        break;
      }
    }
  }
}

function sortedMessage(schema: DescMessage, value: unknown): unknown {
  // The library keeps a Struct as a plain object, not as a message.
  if (schema.typeName === 'google.protobuf.Struct') return sortedJson(value);
  sortMaps(schema, value as Message);
  return value;
}

function sortedJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedJson);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as JsonObject).sort(byKey);
  return Object.fromEntries(entries.map(([key, one]) => [key, sortedJson(one)]));
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : Number(a > b);
}
