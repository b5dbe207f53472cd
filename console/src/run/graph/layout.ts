import ELK, { type ElkNode } from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type { Graph } from './draw.ts';

/** How large a box is, in pixels. */
export const BOX = { width: 190, height: 46 } as const;

/** Where boxes stand: the upper left corner of each, by id. */
export type Places = ReadonlyMap<string, { readonly x: number; readonly y: number }>;

// In a worker of its own: hundreds of boxes take longer than a frame.
let elk: InstanceType<typeof ELK> | undefined;

/** Arranges the boxes in layers from left to right, so that edges point to the right. */
export async function arrange({ nodes, edges }: Pick<Graph, 'nodes' | 'edges'>): Promise<Places> {
  elk ??= new ELK({ workerUrl });
  const arranged: ElkNode = await elk.layout({
    id: 'all',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': 'RIGHT',
      'elk.spacing.nodeNode': '14',
      'elk.layered.spacing.nodeNodeBetweenLayers': '56',
      // Siblings stay in the order in which they were started.
      'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
      'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF',
      'elk.layered.nodePlacement.bk.fixedAlignment': 'BALANCED',
    },
    children: nodes.map(({ id }) => ({ id, ...BOX })),
    edges: edges.map(({ from, to }, i) => ({ id: String(i), sources: [from], targets: [to] })),
  });
  return new Map(arranged.children?.map(({ id, x = 0, y = 0 }) => [id, { x, y }]));
}

/** Names in boxes that are drawn smaller than this cannot be read. */
const READABLE = 0.45;
const MARGIN = 40;

/**
 * Where to look at a picture that is too large to be read as a whole: at its first box, on the left. Undefined if all of it can be seen
 * in so many pixels.
 */
export function beginning(
  places: Places,
  width: number,
  height: number,
): { x: number; y: number; zoom: number } | undefined {
  const all = [...places.values()];
  const [first] = all;
  if (first === undefined || width === 0 || height === 0) return undefined;
  const right = all.reduce((most, { x }) => Math.max(most, x), 0) + BOX.width;
  const bottom = all.reduce((most, { y }) => Math.max(most, y), 0) + BOX.height;
  if (Math.min(width / right, height / bottom) >= READABLE) return undefined;
  const zoom = 0.75;
  return { x: MARGIN - first.x * zoom, y: height / 2 - (first.y + BOX.height / 2) * zoom, zoom };
}
