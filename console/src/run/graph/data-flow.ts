import type { Literal, Scalar } from '../../../../src/gen/flyteidl2/core/literals_pb.js';

/** What went into an action and came out of it. */
export interface ActionValues {
  readonly name: string;
  /** Milliseconds; NaN while unknown. */
  readonly start: number;
  readonly end: number;
  readonly inputs: readonly (Literal | undefined)[];
  readonly outputs: readonly (Literal | undefined)[];
}

/** Short texts and small numbers are equal by chance; from this length on they are taken for the same value. */
const TELLING_LENGTH = 8;
const MOST_ELEMENTS = 1000;

/**
 * Pairs of actions (by name) of which the second took as an input, or in a list or map that is one, what the first had put out before.
 * Tasks hand values on, not references: so equal values stand for a flow, where they are large enough to tell.
 */
export function dataFlow(actions: readonly ActionValues[]): [string, string][] {
  const producers = new Map<string, ActionValues[]>();
  for (const action of actions) {
    for (const print of fingerprints(action.outputs)) {
      const known = producers.get(print);
      if (known === undefined) producers.set(print, [action]);
      else known.push(action);
    }
  }
  return actions.flatMap((to) => {
    const from = new Set<string>();
    for (const print of fingerprints(to.inputs)) {
      for (const producer of producers.get(print) ?? []) {
        if (producer !== to && producer.end <= to.start) from.add(producer.name);
      }
    }
    return [...from].map((name): [string, string] => [name, to.name]);
  });
}

function fingerprints(literals: readonly (Literal | undefined)[]): Set<string> {
  const found = new Set<string>();
  for (const literal of literals) collect(literal, found);
  return found;
}

/** Adds the fingerprints of a value and of what it holds; answers a text that two values share only if they are equal. */
function collect(literal: Literal | undefined, found: Set<string>): string {
  const value = literal?.value;
  switch (value?.case) {
    case 'scalar':
      return collectScalar(value.value, found);
    case 'collection': {
      const parts = value.value.literals.slice(0, MOST_ELEMENTS).map((element) => collect(element, found));
      return telling(`[${parts.join()}]`, found);
    }
    case 'map': {
      const entries = Object.entries(value.value.literals).slice(0, MOST_ELEMENTS);
      const parts = entries.map(([key, element]) => `${key}:${collect(element, found)}`).sort();
      return telling(`{${parts.join()}}`, found);
    }
    case 'offloadedMetadata':
      return telling(value.value.uri, found);
    default:
      return '';
  }
}

function collectScalar({ value }: Scalar, found: Set<string>): string {
  switch (value.case) {
    case 'primitive': {
      const primitive = value.value.value;
      const inner = primitive.value;
      const isTime = typeof inner === 'object' && inner !== undefined;
      return telling(
        isTime ? `${primitive.case} ${inner.seconds}.${inner.nanos}` : String(inner ?? ''),
        found,
      );
    }
    case 'blob':
    case 'schema':
    case 'structuredDataset':
      return telling(value.value.uri, found);
    case 'binary':
      return telling(String.fromCharCode(...value.value.value.subarray(0, MOST_ELEMENTS)), found);
    case 'generic':
      return telling(JSON.stringify(value.value), found);
    case 'union':
      return collect(value.value.value, found);
    default:
      return '';
  }
}

function telling(text: string, found: Set<string>): string {
  if (text.length >= TELLING_LENGTH) found.add(text);
  return text;
}
