import { formatJson, type Json } from '../run/form/json.ts';

/** What two runs have under one name; undefined where a run has nothing. */
export interface Row {
  readonly name: string;
  readonly a: string | undefined;
  readonly b: string | undefined;
}

/** Rows that differ, and rows that do not; each in the order in which the names were first seen. */
export interface Compared {
  readonly different: readonly Row[];
  readonly same: readonly Row[];
}

/** Compares texts by name. */
export function compare(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): Compared {
  const rows = [...new Set([...a.keys(), ...b.keys()])].map((name) => ({
    name,
    a: a.get(name),
    b: b.get(name),
  }));
  return {
    different: rows.filter((row) => row.a !== row.b),
    same: rows.filter((row) => row.a === row.b),
  };
}

/** The leaves of a value by their paths, `resources.cpu`; elements of a list by their index. Empty objects and lists have a row, too. */
export function leaves(value: Json, path = ''): Map<string, string> {
  const found = new Map<string, string>();
  const entries =
    typeof value === 'object' && value !== null
      ? Array.isArray(value)
        ? value.map((inner, index): [string, Json] => [`${path}[${index}]`, inner])
        : Object.entries(value).map(([key, inner]): [string, Json] => [
            path === '' ? key : `${path}.${key}`,
            inner,
          ])
      : [];
  if (entries.length === 0) {
    found.set(path, typeof value === 'string' ? value : formatJson(value));
    return found;
  }
  for (const [inner, deeper] of entries) {
    for (const [name, text] of leaves(deeper, inner)) found.set(name, text);
  }
  return found;
}
