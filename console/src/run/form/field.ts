import type { Literal } from '../../../../src/gen/flyteidl2/core/literals_pb.js';
import type { TypedInterface } from '../../../../src/gen/flyteidl2/core/interface_pb.js';
import { type LiteralType, SimpleType } from '../../../../src/gen/flyteidl2/core/types_pb.js';
import type { NamedLiteral, NamedParameter } from '../../../../src/gen/flyteidl2/task/common_pb.js';
import { isNoneType, literalFromJson, TypeMismatch } from './from-json.ts';
import { formatJson, type Json, parseJson } from './json.ts';
import { isNone, typeText, unwrapped } from './literal.ts';
import { literalToJson } from './to-json.ts';

/** How a value is entered: a line of text, several lines, a switch, a choice, JSON; `kept` can only be left as it is. */
export type Control = 'line' | 'lines' | 'switch' | 'choice' | 'json' | 'kept';

/** One input of a task, as a form shows it. */
export interface Field {
  readonly name: string;
  readonly description: string;
  /** As people write it. */
  readonly typeName: string;
  readonly type: LiteralType | undefined;
  readonly control: Control;
  readonly choices: readonly string[];
  /** It may be nothing. */
  readonly optional: boolean;
  /** What was there before; also what stays if nothing is changed. */
  readonly before: Literal | undefined;
  /** `before` as it is entered, undefined for nothing. */
  readonly initial: string | undefined;
  /** An example of how it is entered. */
  readonly hint: string;
}

/**
 * The inputs of a task with the values of a run, or else the task's defaults; in the order of these, which is that of the function's
 * parameters: the interface has them by the alphabet. What has neither comes first, as it does there.
 */
export function fieldsOf(
  typed: TypedInterface | undefined,
  inputs: readonly NamedLiteral[],
  defaults: readonly NamedParameter[] = [],
): Field[] {
  const order = new Map([...inputs, ...defaults].map(({ name }, index) => [name, index]));
  const place = ({ key }: { key: string }) => order.get(key) ?? -1;
  const variables = (typed?.inputs?.variables ?? []).toSorted((a, b) => place(a) - place(b));
  return variables.map(({ key, value }) => {
    const behavior = defaults.find(({ name }) => name === key)?.parameter?.behavior;
    const fallback = behavior?.case === 'default' ? behavior.value : undefined;
    const before = inputs.find(({ name }) => name === key)?.value ?? fallback;
    return field(key, value?.description ?? '', value?.type, before);
  });
}

function field(
  name: string,
  description: string,
  type: LiteralType | undefined,
  before: Literal | undefined,
): Field {
  const inner = single(type);
  const optional = type?.type.case === 'unionType' && type.type.value.variants.some(isNoneType);
  const plain = unwrapped(before);
  const value = literalToJson(before);
  // What can't be shown can't be changed; a value that lies elsewhere stays there.
  const control = before !== undefined && value === undefined ? 'kept' : controlOf(inner, value);
  return {
    name,
    description: description === name ? '' : description,
    typeName: typeText(type),
    type,
    control,
    choices: inner?.type.case === 'enumType' ? inner.type.value.values : [],
    optional,
    before,
    initial:
      plain === undefined || isNone(plain) || value === undefined ? undefined : entered(control, value),
    hint: hintOf(inner),
  };
}

/** The only type beside "nothing", if there is only one. */
function single(type: LiteralType | undefined): LiteralType | undefined {
  if (type?.type.case !== 'unionType') return type;
  const others = type.type.value.variants.filter((variant) => !isNoneType(variant));
  return others.length === 1 ? others[0] : type;
}

function controlOf(type: LiteralType | undefined, value: Json | undefined): Control {
  const of = type?.type;
  switch (of?.case) {
    case 'simple':
      if (of.value === SimpleType.BOOLEAN) return 'switch';
      if (of.value === SimpleType.STRING) return isLong(value) ? 'lines' : 'line';
      if (of.value === SimpleType.STRUCT) return 'json';
      return of.value === SimpleType.BINARY || of.value === SimpleType.ERROR ? 'kept' : 'line';
    case 'enumType':
      return 'choice';
    case 'collectionType':
    case 'mapValueType':
    case 'unionType':
      return 'json';
    case 'blob':
    case 'structuredDatasetType':
      return 'line';
    default:
      return 'kept';
  }
}

function isLong(value: Json | undefined): boolean {
  return typeof value === 'string' && (value.includes('\n') || value.length > 80);
}

function entered(control: Control, value: Json): string {
  return control === 'json' || typeof value !== 'string' ? formatJson(value) : value;
}

function hintOf(type: LiteralType | undefined): string {
  const of = type?.type;
  switch (of?.case) {
    case 'simple':
      if (of.value === SimpleType.DATETIME) return '2026-01-31T12:00:00Z';
      if (of.value === SimpleType.DURATION) return '1h 30m';
      return of.value === SimpleType.STRUCT ? '{ "name": "value" }' : '';
    case 'collectionType':
      return '[…]';
    case 'mapValueType':
      return '{ "key": … }';
    default:
      return '';
  }
}

/** A value for a field, or what is wrong with what was entered. */
export type Entered = { readonly literal: Literal | undefined } | { readonly problem: string };

/** Reads what was entered (undefined: nothing). What was not changed stays as it was, to the byte. */
export function read(field: Field, text: string | undefined): Entered {
  const { before, initial, control, optional, type } = field;
  if (control === 'kept' || (before !== undefined && text === initial)) return { literal: before };
  try {
    if (text === undefined) {
      if (optional) return { literal: literalFromJson(type, null) };
      return { problem: 'A value is needed.' };
    }
    return { literal: literalFromJson(type, toJson(field, text)) };
  } catch (error) {
    if (error instanceof TypeMismatch) return { problem: error.message };
    if (error instanceof SyntaxError) return { problem: `It is not valid JSON: ${error.message}.` };
    throw error;
  }
}

function toJson({ control, type }: Field, text: string): Json {
  const inner = single(type)?.type;
  if (control === 'json') return parseJson(text);
  if (control === 'switch') return text === 'true';
  const number =
    inner?.case === 'simple' && (inner.value === SimpleType.INTEGER || inner.value === SimpleType.FLOAT);
  if (!number) return text;
  const trimmed = text.trim();
  // What is no number stays text, and is refused as one.
  return /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? numberOf(trimmed) : trimmed;
}

function numberOf(text: string): Json {
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(Number(text)) ? BigInt(text) : Number(text);
}
