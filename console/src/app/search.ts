/** The query of an address as names and texts; a name that is given several times has a list. */
export type Search = Record<string, string | string[]>;

/** Reads a query as people and other programs write it: `?phase=failed&task=etl`. */
export function parseSearch(text: string): Search {
  const search: Search = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const before = search[name];
    if (before === undefined) search[name] = value;
    else search[name] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return search;
}

/** Writes what parseSearch reads, in the order of the names given; what is empty or undefined is left out. */
export function stringifySearch(search: Record<string, unknown>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== null && item !== '' && item !== false) {
        parameters.append(name, item === true ? '1' : String(item));
      }
    }
  }
  const text = parameters.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  return text === '' ? '' : `?${text}`;
}

/** The one text under a name, or undefined. */
export function one(value: unknown): string | undefined {
  const text = Array.isArray(value) ? value.at(-1) : value;
  return typeof text === 'string' && text !== '' ? text : undefined;
}

/** All texts under a name: given several times, or separated by commas. */
export function many(value: unknown): string[] {
  const texts = (Array.isArray(value) ? value : [value]).filter((text) => typeof text === 'string');
  return [...new Set(texts.flatMap((text) => text.split(',')).filter((text) => text !== ''))];
}
