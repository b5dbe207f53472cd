import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type Literal,
  LiteralSchema,
  type Scalar,
  ScalarSchema,
} from '../../../../src/gen/flyteidl2/core/literals_pb.js';
import { type LiteralType, SimpleType } from '../../../../src/gen/flyteidl2/core/types_pb.js';

type PrimitiveValue = Extract<Scalar['value'], { case: 'primitive' }>['value']['value'];

/** A literal that is one simple value. */
export function primitive(value: PrimitiveValue): Literal {
  return scalar({ case: 'primitive', value: { value } });
}

/** A literal of one part. */
export function scalar(value: MessageInitShape<typeof ScalarSchema>['value']): Literal {
  return create(LiteralSchema, { value: { case: 'scalar', value: create(ScalarSchema, { value }) } });
}

/** The literal for "nothing". */
export function none(): Literal {
  return scalar({ case: 'noneType', value: {} });
}

/** What a literal holds, looking through the wrapping of a union. */
export function unwrapped(literal: Literal | undefined): Literal | undefined {
  const value = literal?.value;
  return value?.case === 'scalar' && value.value.value.case === 'union'
    ? unwrapped(value.value.value.value.value)
    : literal;
}

/** Whether it says "nothing". */
export function isNone(literal: Literal | undefined): boolean {
  const value = unwrapped(literal)?.value;
  return value?.case === 'scalar' && value.value.value.case === 'noneType';
}

/** A type as people write it: `int`, `list[str]`, `str | None`, `Point`. */
export function typeText(type: LiteralType | undefined): string {
  const of = type?.type;
  switch (of?.case) {
    case 'simple':
      return simpleText(of.value, type);
    case 'collectionType':
      return `list[${typeText(of.value)}]`;
    case 'mapValueType':
      return `dict[str, ${typeText(of.value)}]`;
    case 'enumType':
      return 'enum';
    case 'unionType':
      return of.value.variants.map(typeText).join(' | ');
    case 'blob':
      return of.value.dimensionality === 1
        ? 'directory'
        : of.value.format === 'PythonPickle'
          ? 'pickle'
          : 'file';
    case 'structuredDatasetType':
      return 'dataframe';
    case 'schema':
      return 'schema';
    default:
      return 'unknown';
  }
}

const SIMPLE: Readonly<Record<number, string>> = {
  [SimpleType.NONE]: 'None',
  [SimpleType.INTEGER]: 'int',
  [SimpleType.FLOAT]: 'float',
  [SimpleType.STRING]: 'str',
  [SimpleType.BOOLEAN]: 'bool',
  [SimpleType.DATETIME]: 'datetime',
  [SimpleType.DURATION]: 'duration',
  [SimpleType.BINARY]: 'binary',
  [SimpleType.ERROR]: 'error',
};

function simpleText(simple: SimpleType, type: LiteralType | undefined): string {
  if (simple !== SimpleType.STRUCT) return SIMPLE[simple] ?? 'unknown';
  const title = type?.metadata?.title;
  return typeof title === 'string' ? title : 'object';
}
