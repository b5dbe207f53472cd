import type { Json } from './json.ts';

/** What is wrong in a value, and where (`point.x`; empty: the value itself). */
export interface Problem {
  readonly place: string;
  readonly message: string;
}

type Schema = Readonly<Record<string, unknown>>;

const DEEPEST = 32;

/**
 * Checks a value against the JSON schema that the SDK puts beside the type of a dataclass: types, required names, lists, references. What
 * a schema says beyond that is for the task to check. Undefined if nothing is wrong.
 */
export function checkSchema(schema: unknown, value: Json): Problem | undefined {
  return isSchema(schema) ? check(schema, value, '', schema, 0) : undefined;
}

function check(given: Schema, value: Json, place: string, root: Schema, depth: number): Problem | undefined {
  if (depth > DEEPEST) return undefined;
  const schema = resolved(given, root);
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices)) {
    const problems = choices.filter(isSchema).map((choice) => check(choice, value, place, root, depth + 1));
    return problems.length === 0 || problems.includes(undefined) ? undefined : problems[0];
  }
  if (Array.isArray(schema.enum) && !schema.enum.includes(value))
    return { place, message: `has to be one of ${schema.enum.map((one) => JSON.stringify(one)).join(', ')}` };
  const types = [schema.type].flat().filter((type) => typeof type === 'string');
  if (types.length > 0 && !types.some((type) => hasType(type, value)))
    return { place, message: `has to be of type ${types.join(' or ')}` };
  if (Array.isArray(value)) return checkItems(schema, value, place, root, depth);
  if (typeof value === 'object' && value !== null) return checkProperties(schema, value, place, root, depth);
  return undefined;
}

function checkItems(
  schema: Schema,
  value: Json[],
  place: string,
  root: Schema,
  depth: number,
): Problem | undefined {
  if (!isSchema(schema.items)) return undefined;
  for (const [i, element] of value.entries()) {
    const problem = check(schema.items, element, `${place}[${i}]`, root, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkProperties(
  schema: Schema,
  value: { [key: string]: Json },
  place: string,
  root: Schema,
  depth: number,
): Problem | undefined {
  const properties = isSchema(schema.properties) ? schema.properties : {};
  for (const name of Array.isArray(schema.required) ? schema.required : []) {
    if (typeof name === 'string' && !(name in value))
      return { place: at(place, name), message: 'is missing' };
  }
  for (const [name, inner] of Object.entries(value)) {
    const property = properties[name] ?? schema.additionalProperties;
    if (property === false) return { place: at(place, name), message: 'is not a field of this type' };
    const problem = isSchema(property) ? check(property, inner, at(place, name), root, depth + 1) : undefined;
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function resolved(schema: Schema, root: Schema): Schema {
  const reference = schema.$ref;
  if (typeof reference !== 'string' || !reference.startsWith('#/')) return schema;
  let found: unknown = root;
  for (const part of reference.slice(2).split('/')) found = isSchema(found) ? found[part] : undefined;
  return isSchema(found) ? found : {};
}

function hasType(type: string, value: Json): boolean {
  switch (type) {
    case 'integer':
      return typeof value === 'bigint' || Number.isInteger(value);
    case 'number':
      return typeof value === 'number' || typeof value === 'bigint';
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'null':
      return value === null;
    case 'string':
    case 'boolean':
      return typeof value === type;
    default:
      return true;
  }
}

function at(place: string, name: string): string {
  return place === '' ? name : `${place}.${name}`;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
