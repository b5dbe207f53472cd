/** An action among its siblings; times in milliseconds, NaN while unknown. */
export interface Sibling {
  readonly id: string;
  readonly start: number;
  readonly end: number;
}

/** Where more siblings than this end before one begins, only the last of them is drawn as its predecessor. */
const MOST_PREDECESSORS = 6;

/**
 * Which sibling followed which: pairs of ids. An action follows those that had ended when it began, less those that were over before
 * another one of them began; so that a chain is a chain, and a step behind parallel ones follows all of them.
 */
export function thenEdges(siblings: readonly Sibling[]): [string, string][] {
  return siblings.flatMap((to) => predecessors(siblings, to).map(({ id }): [string, string] => [id, to.id]));
}

function predecessors(siblings: readonly Sibling[], to: Sibling): readonly Sibling[] {
  const before = siblings.filter((other) => other !== to && other.end <= to.start && other.start < to.start);
  const latestStart = before.reduce((latest, { start }) => Math.max(latest, start), Number.NEGATIVE_INFINITY);
  const direct = before.filter(({ end }) => end > latestStart);
  if (direct.length <= MOST_PREDECESSORS) return direct;
  return [direct.reduce((last, other) => (other.end > last.end ? other : last))];
}
