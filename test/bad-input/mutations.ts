import {
  clone,
  create,
  type DescField,
  type DescMessage,
  type Message,
  ScalarType,
} from '@bufbuild/protobuf';

/** A message that differs from a good one in one field. */
export interface Mutation {
  /** The field and what it became: `task_spec.short_name = "\u0000"`. */
  readonly what: string;
  readonly message: Message;
}

type Step = { field: DescField; schema?: DescMessage };
type Fields = Record<string, unknown>;

const MAX_DEPTH = 6;
/** From here on the fields of a type are tried in one place only, below each field of the request. */
const SHARED_DEPTH = 3;

const STRINGS = ['a\u0000b\u0007', 'x'.repeat(10_000)];
const INT32 = [2 ** 31 - 1, -(2 ** 31)];
const UINT32 = [0, 2 ** 32 - 1];
const INT64 = [2n ** 63n - 1n, -(2n ** 63n)];
const UINT64 = [0n, 2n ** 53n, 2n ** 64n - 1n];
const FLOATS = [Number.NaN, Number.NEGATIVE_INFINITY];
const TIMES = [
  { seconds: 253_402_300_799n, nanos: 999_999_999 },
  { seconds: -62_135_596_800n, nanos: 0 },
  { seconds: 2n ** 63n - 1n, nanos: 0 },
  { seconds: 1n, nanos: -1 },
];

function scalars(type: ScalarType): readonly unknown[] {
  switch (type) {
    case ScalarType.STRING:
      return STRINGS;
    case ScalarType.BYTES:
      return [new Uint8Array(), new Uint8Array([0, 255, 128])];
    case ScalarType.BOOL:
      return [true];
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      return FLOATS;
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return INT32;
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return UINT32;
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return INT64;
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return UINT64;
  }
}

/** What a field may become that a careless client, or a careful attacker, would send; undefined for messages to go into. */
function leaf(field: DescField): readonly unknown[] | undefined {
  switch (field.fieldKind) {
    case 'scalar':
      return scalars(field.scalar);
    case 'enum':
      return [99];
    case 'message':
      return leafMessage(field.message);
    case 'list':
      if (field.listKind === 'scalar') return scalars(field.scalar).map((value) => [value]);
      if (field.listKind === 'enum') return [[99, 99]];
      return leafMessage(field.message)?.map((value) => [value]);
    case 'map':
      if (field.mapKind === 'scalar' && field.mapKey === ScalarType.STRING)
        return STRINGS.flatMap((text) => [
          { [text]: scalars(field.scalar)[0] },
          { key: scalars(field.scalar)[0] },
        ]);
      return [];
  }
}

function leafMessage(schema: DescMessage): readonly unknown[] | undefined {
  switch (schema.typeName) {
    case 'google.protobuf.Timestamp':
    case 'google.protobuf.Duration':
      return TIMES.map((fields) => create(schema, fields as never));
    case 'google.protobuf.Struct':
      return [{ a: Number.NaN }, { '\u0000': '\u0000' }];
    case 'google.protobuf.StringValue':
      return STRINGS;
    case 'google.protobuf.BoolValue':
      return [true];
    default:
      return undefined;
  }
}

/**
 * Every field of the message and of those in it, one at a time, set to values that it should not have; each time in a new
 * good message. With `fields`, only below those of the request.
 */
export function* mutations(
  schema: DescMessage,
  good: () => Message,
  fields?: readonly string[],
): Generator<Mutation> {
  for (const { path, values } of leaves(schema, good(), [], new Set())) {
    if (fields !== undefined && !fields.includes(path[0]?.field.name ?? '')) continue;
    for (const value of values) {
      const message = clone(schema, good());
      set(message as unknown as Fields, path, value);
      yield { what: `${path.map(({ field }) => field.name).join('.')} = ${brief(value)}`, message };
    }
  }
}

/** Changes of fields to values good and bad, of which several may be made in one message. */
export function changes(schema: DescMessage, good: Message): ((message: Message) => void)[] {
  return [...leaves(schema, good, [], new Set())].flatMap(({ path, values }) =>
    [...values, ...goodValues(path.at(-1)?.field)].map((value) => (message: Message) => {
      set(message as unknown as Fields, path, value);
    }),
  );
}

function goodValues(field: DescField | undefined): readonly unknown[] {
  if (field?.fieldKind === 'enum') return field.enum.values.map(({ number }) => number);
  if (field?.fieldKind === 'message' && field.message.typeName === 'google.protobuf.Timestamp')
    return [1n, 1_800_000_000n].map((seconds) => create(field.message, { seconds } as never));
  if (field?.fieldKind !== 'scalar') return [];
  switch (field.scalar) {
    case ScalarType.STRING:
      return ['', 'a0', 'a1', 'ü 😀'];
    case ScalarType.INT32:
    case ScalarType.UINT32:
      return [0, 1, 2, 3];
    case ScalarType.INT64:
    case ScalarType.UINT64:
      return [0n, 1n];
    default:
      return [];
  }
}

function brief(value: unknown): string {
  return JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? String(v) : v)).slice(0, 40);
}

function* leaves(
  schema: DescMessage,
  good: Message | undefined,
  path: Step[],
  seen: Set<string>,
): Generator<{ path: Step[]; values: readonly unknown[] }> {
  if (path.length > MAX_DEPTH) return;
  if (path.length >= SHARED_DEPTH) {
    if (seen.has(schema.typeName)) return;
    seen.add(schema.typeName);
  }
  for (const field of schema.fields) {
    const present = good && get(good as unknown as Fields, field);
    const values = leaf(field);
    if (values !== undefined) yield { path: [...path, { field }], values };
    else if (field.message !== undefined && (present !== undefined || !takenByAnother(good, field)))
      yield* leaves(
        field.message,
        present as Message | undefined,
        [...path, { field, schema: field.message }],
        path.length === 0 ? new Set() : seen,
      );
  }
}

/** A oneof keeps the message that it has: its other cases are good requests of their own. */
function takenByAnother(message: Message | undefined, { oneof }: DescField): boolean {
  if (oneof === undefined || message === undefined) return false;
  const chosen = (message as unknown as Fields)[oneof.localName] as { case?: string };
  return chosen.case !== undefined;
}

/** Sets a field; messages on the way that are not there are made, lists get one, and a oneof changes to what lies on the way. */
function set(message: Fields, [step, ...rest]: Step[], value: unknown): void {
  if (step === undefined) return;
  const { field, schema } = step;
  if (schema === undefined) {
    put(message, field, value);
    return;
  }
  const present = get(message, field);
  const inner = (present ?? create(schema)) as Fields;
  if (present === undefined) put(message, field, wrap(field, inner));
  set(inner, rest, value);
}

function wrap(field: DescField, inner: Fields): unknown {
  if (field.fieldKind === 'list') return [inner];
  if (field.fieldKind === 'map') return { [field.mapKey === ScalarType.STRING ? 'key' : 1]: inner };
  return inner;
}

function get(message: Fields, field: DescField): unknown {
  if (field.oneof !== undefined) {
    const chosen = message[field.oneof.localName] as { case?: string; value?: unknown };
    return chosen.case === field.localName ? chosen.value : undefined;
  }
  const value = message[field.localName];
  if (field.fieldKind === 'list') return (value as unknown[])[0];
  if (field.fieldKind === 'map') return Object.values(value as Fields)[0];
  return value;
}

function put(message: Fields, field: DescField, value: unknown): void {
  if (field.oneof !== undefined) message[field.oneof.localName] = { case: field.localName, value };
  else message[field.localName] = value;
}
