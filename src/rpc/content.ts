import { type DescField, type DescMessage, type Message, ScalarType } from '@bufbuild/protobuf';
import { invalidArgument } from '../runs/errors.ts';
import { checkPlainText } from '../runs/names.ts';

/*
 * What the contract's rules do not say, but every request must hold to: names that a database can look for, and values that can be
 * answered again in every protocol. Otherwise one client could store what another one, who speaks JSON, can never read.
 */

type Fields = Record<string, unknown>;
/** Where a value stands in its message. Undefined while nobody has to know: most messages are in order, and a path costs more than the check. */
type Path = string | undefined;
type Check = (value: unknown, path: Path) => void;
type Step = (message: Fields, path: Path) => void;

/** Messages whose strings are keys. */
const identifiers = /^flyteidl2\.(common|task)\.(\w+Identifier|TriggerName|TaskName)$/;
const scopes = new Set(['org', 'organization', 'project', 'domain']);

const MIN_SECONDS = -62_135_596_800n;
const MAX_SECONDS = 253_402_300_799n;
const MAX_DURATION_SECONDS = 315_576_000_000n;
const NANOS = 1_000_000_000;

const leaves: Partial<Record<string, Check>> = {
  'google.protobuf.Timestamp': checkTimestamp,
  'google.protobuf.Duration': checkDuration,
  'google.protobuf.Struct': checkJson,
};

const plans = new WeakMap<DescMessage, readonly Step[]>();

/**
 * Throws invalid_argument, with the path of the field, for identifiers with control characters, times outside the years 1 to 9999,
 * durations beyond 10,000 years and JSON with numbers that it can't express. Which fields of a type can hold one is found out once.
 */
export function checkContent(schema: DescMessage, message: Message): void {
  const fields = message as unknown as Fields;
  try {
    walk(schema, fields, undefined);
  } catch {
    // Once more, to say where it is.
    walk(schema, fields, '');
  }
}

function walk(schema: DescMessage, message: Fields, path: Path): void {
  for (const step of planOf(schema)) step(message, path);
}

function planOf(schema: DescMessage): readonly Step[] {
  let plan = plans.get(schema);
  if (plan === undefined) {
    plan = schema.fields.flatMap((field) => stepOf(field) ?? []);
    plans.set(schema, plan);
  }
  return plan;
}

function stepOf(field: DescField): Step | undefined {
  const check = checkOf(field);
  if (check === undefined) return undefined;
  const { name, localName, oneof } = field;
  if (oneof !== undefined) {
    return (message, path) => {
      const chosen = message[oneof.localName] as { case: string | undefined; value?: unknown };
      if (chosen.case === localName) check(chosen.value, path === undefined ? path : path + name);
    };
  }
  return (message, path) => {
    const value = message[localName];
    if (value !== undefined) check(value, path === undefined ? path : path + name);
  };
}

function checkOf(field: DescField): Check | undefined {
  if (field.fieldKind === 'scalar') return isKey(field) ? checkKey : undefined;
  if (field.fieldKind === 'message') return checkMessageOf(field.message);
  if (field.fieldKind === 'list' && field.listKind === 'message') {
    const check = checkMessageOf(field.message);
    if (check === undefined) return undefined;
    return (list, path) => {
      let i = 0;
      for (const item of list as unknown[]) check(item, path === undefined ? path : `${path}[${i++}]`);
    };
  }
  if (field.fieldKind === 'map' && field.mapKind === 'message') {
    const check = checkMessageOf(field.message);
    if (check === undefined) return undefined;
    return (map, path) => {
      for (const [key, item] of Object.entries(map as Fields)) {
        check(item, path === undefined ? path : `${path}[${JSON.stringify(key)}]`);
      }
    };
  }
  return undefined;
}

function checkMessageOf(schema: DescMessage): Check | undefined {
  const leaf = leaves[schema.typeName];
  if (leaf !== undefined) return leaf;
  if (!leadsToCheck(schema, new Set())) return undefined;
  return (message, path) => walk(schema, message as Fields, path && `${path}.`);
}

function leadsToCheck(schema: DescMessage, seen: Set<DescMessage>): boolean {
  if (leaves[schema.typeName] !== undefined) return true;
  if (seen.has(schema)) return false;
  seen.add(schema);
  return schema.fields.some(
    (field) => isKey(field) || (field.message !== undefined && leadsToCheck(field.message, seen)),
  );
}

function isKey(field: DescField): boolean {
  if (field.fieldKind !== 'scalar' || field.scalar !== ScalarType.STRING) return false;
  return (
    identifiers.test(field.parent.typeName) ||
    (scopes.has(field.name) &&
      field.parent.typeName.startsWith('flyteidl2.') &&
      /Request$/.test(field.parent.name))
  );
}

/** PostgreSQL refuses NUL in any text, and nobody should have to type the others. */
function checkKey(value: unknown, path: Path): void {
  checkPlainText(value as string, path ?? '');
}

function checkTimestamp(value: unknown, path: Path): void {
  const { seconds, nanos } = value as { seconds: bigint; nanos: number };
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS || nanos < 0 || nanos >= NANOS)
    throw invalidArgument(`${path} is not a time between the years 1 and 9999`);
}

function checkDuration(value: unknown, path: Path): void {
  const { seconds, nanos } = value as { seconds: bigint; nanos: number };
  const tooLong =
    seconds > MAX_DURATION_SECONDS || seconds < -MAX_DURATION_SECONDS || Math.abs(nanos) >= NANOS;
  const signs = (seconds > 0n && nanos < 0) || (seconds < 0n && nanos > 0);
  if (tooLong || signs) throw invalidArgument(`${path} is not a duration of at most 10,000 years`);
}

/** Struct fields are plain objects; messages nest at most 100 deep, so the recursion is bounded. */
function checkJson(value: unknown, path: Path): void {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw invalidArgument(`${path} holds ${value}, which is no number in JSON`);
  if (typeof value === 'object' && value !== null)
    for (const item of Object.values(value)) checkJson(item, path);
}
