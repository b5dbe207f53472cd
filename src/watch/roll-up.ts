/** A place in a tree: its parent, and a number that is higher than its parent's. */
interface Place<N> {
  readonly parent: N | undefined;
  readonly seq: number;
}

/** The nodes and all their ancestors, each once, each parent before its children. */
export function ancestorsFirst<N extends Place<N>>(nodes: Iterable<N>): N[] {
  const found = new Set<N>();
  for (const node of nodes) {
    for (let at: N | undefined = node; at !== undefined && !found.has(at); at = at.parent) found.add(at);
  }
  return [...found].sort((a, b) => a.seq - b.seq);
}

/**
 * Hands what each of some nodes contributes to all its ancestors: `receive` is called once per ancestor with the sum of what came from
 * below. The time it takes grows with the number of ancestors, not with that number times the number of contributions.
 */
export function rollUp<N extends Place<N>, D>(
  contributions: ReadonlyMap<N, D>,
  add: (sum: D, more: D) => D,
  receive: (node: N, sum: D) => void,
): void {
  if (contributions.size === 0) return;
  const fromBelow = new Map<N, D>();
  const nodes = ancestorsFirst(contributions.keys());
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    // Children have higher numbers: everything from below is there when a node's turn comes.
    const below = fromBelow.get(node);
    if (below !== undefined) receive(node, below);
    if (node.parent === undefined) continue;
    for (const part of [below, contributions.get(node)]) {
      if (part === undefined) continue;
      const sum = fromBelow.get(node.parent);
      fromBelow.set(node.parent, sum === undefined ? copy(part) : add(sum, part));
    }
  }
}

/** Sums are added to in place, and a contribution stays what it is. */
function copy<D>(value: D): D {
  return value instanceof Int32Array ? (value.slice() as D) : value;
}
