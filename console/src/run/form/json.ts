/** What JSON can say; whole numbers that JavaScript's numbers can't hold are BigInt. */
export type Json = null | boolean | number | bigint | string | Json[] | { [key: string]: Json };

type Reviver = (key: string, value: unknown, context?: { source: string }) => unknown;

/** Reads JSON without rounding large whole numbers. Throws a SyntaxError. */
export function parseJson(text: string): Json {
  const exact: Reviver = (_key, value, context) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value) || context === undefined) return value;
    return /^-?\d+$/.test(context.source) ? BigInt(context.source) : value;
  };
  return JSON.parse(text, exact) as Json;
}

/** Writes JSON: on one line if that is short, else indented. */
export function formatJson(value: Json, indent = ''): string {
  const short = oneLine(value);
  if (short.length + indent.length <= 72 || typeof value !== 'object' || value === null) return short;
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    return `[\n${value.map((element) => deeper + formatJson(element, deeper)).join(',\n')}\n${indent}]`;
  }
  const entries = Object.entries(value);
  const lines = entries.map(
    ([key, inner]) => `${deeper}${JSON.stringify(key)}: ${formatJson(inner, deeper)}`,
  );
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

function oneLine(value: Json): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  const entries = Object.entries(value);
  return entries.length === 0
    ? '{}'
    : `{ ${entries.map(([key, inner]) => `${JSON.stringify(key)}: ${oneLine(inner)}`).join(', ')} }`;
}
