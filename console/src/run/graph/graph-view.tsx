import '@xyflow/react/dist/style.css';
import { Button, Loader, useComputedColorScheme } from '@mantine/core';
import {
  Background,
  Controls,
  type Edge,
  MarkerType,
  MiniMap,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStoreApi,
} from '@xyflow/react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useFrameStore } from '../../api/use-page-stream.ts';
import { EmptyState } from '../../shared/empty-state.tsx';
import { phaseInfo } from '../../shared/phase.ts';
import { useRun } from '../run-context.ts';
import { Box, type BoxData, SHAPE } from './box.tsx';
import { drawing, type Graph } from './draw.ts';
import styles from './graph.module.css';
import { arrange, beginning, BOX, type Places } from './layout.ts';
import { MOST_READ, useDataFlow } from './use-data-flow.ts';

const nodeTypes = { box: Box };
/** While actions come in, the picture is arranged anew this often at most. */
const EVERY_MS = 400;
const FIT = { maxZoom: 1, minZoom: 0.2, padding: 0.08 } as const;

interface GraphViewProps {
  readonly cursor: string | undefined;
  readonly onCursor: (id: string) => void;
}

/** The visible lines of the tree as a picture in layers: who started whom, what came after what, and whose output went where. */
export default function GraphView(props: GraphViewProps) {
  return (
    <ReactFlowProvider>
      <Picture {...props} />
    </ReactFlowProvider>
  );
}

function Picture({ cursor, onCursor }: GraphViewProps) {
  const { tree, openAction } = useRun();
  const version = useFrameStore(tree.frames);
  const scheme = useComputedColorScheme();
  const rows = tree.rows();
  const flow = useDataFlow(rows);
  // Lines change in place; the number says when.
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const graph = useMemo(() => ({ ...drawing(rows, flow, opened), version }), [rows, flow, opened, version]);
  const { places, drawn } = usePlaces(graph);
  const boxOfCursor = boxOf(cursor, graph);
  const revisions = useMemo(() => new Map(graph.nodes.map((node) => [node.id, node])), [graph]);
  const nodes = (drawn?.nodes ?? []).flatMap((old): BoxData[] => {
    const node = revisions.get(old.id);
    const position = places.get(old.id);
    if (node === undefined || position === undefined) return [];
    const { item } = node;
    const folded = item !== undefined && item.children.length > 0 && tree.isFolded(item);
    const revision = item?.revision ?? version;
    return [
      {
        id: old.id,
        type: 'box',
        position,
        ...SHAPE,
        data: { node, revision, folded, cursor: old.id === boxOfCursor },
      },
    ];
  });
  const edges = useMemo(() => (drawn?.edges ?? []).map(edgeOf), [drawn]);
  useCentre(boxOfCursor, places);
  const moved = useFit(drawn, places);
  if (tree.size > 0 && rows.length === 0)
    return (
      <EmptyState title="No action is like that">Change the name or the phases above to see more.</EmptyState>
    );
  return (
    <div className={styles.picture} data-testid="graph">
      {graph.note !== undefined && <p className={styles.note}>{graph.note}</p>}
      {drawn === undefined && <Loader className={styles.loader} size="sm" />}
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        colorMode={scheme}
        fitViewOptions={FIT}
        minZoom={0.05}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        onlyRenderVisibleElements={nodes.length > 100}
        deleteKeyCode={null}
        // Not its start: that is each click, too.
        onMove={moved}
        onNodeClick={(_event, { data: { node } }) => {
          const { item, members, id } = node;
          if (members !== undefined) setOpened((before) => new Set([...before, id]));
          if (item === undefined) return;
          onCursor(item.id);
          if (item.kind === 'group') tree.fold(item, !tree.isFolded(item));
          else openAction(item.id);
        }}
      >
        <Background gap={24} />
        <Controls showInteractive={false} />
        {nodes.length > 30 && (
          <MiniMap pannable zoomable nodeColor={colourOf} ariaLabel="All of the picture" />
        )}
      </ReactFlow>
      <Legend tooMany={rows.length > MOST_READ} />
      {opened.size > 0 && (
        <Button
          className={styles.stack}
          size="compact-xs"
          variant="default"
          onClick={() => setOpened(new Set())}
        >
          Stack what is alike
        </Button>
      )}
    </div>
  );
}

/** The box that an action is drawn in. */
function boxOf(action: string | undefined, { nodes }: Graph): string | undefined {
  if (action === undefined) return undefined;
  return nodes.find(({ members }) => members?.has(action))?.id ?? action;
}

function Legend({ tooMany }: { readonly tooMany: boolean }) {
  return (
    <ul className={styles.legend} aria-label="What the lines mean">
      <li data-edge="starts">starts</li>
      <li data-edge="then">then, by time</li>
      {tooMany ? (
        <li>whose output went where is shown for up to {MOST_READ} actions</li>
      ) : (
        <li data-edge="data">output goes into</li>
      )}
    </ul>
  );
}

function colourOf({ data }: BoxData): string {
  return `var(--phase-${phaseInfo(data.node.phase).colour})`;
}

function edgeOf({ from, to, kind }: Graph['edges'][number]): Edge {
  return {
    id: `${kind} ${from} ${to}`,
    source: from,
    target: to,
    className: styles[kind] ?? '',
    markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14 },
    focusable: false,
  };
}

/** Where the boxes of a graph stand. Only another graph moves them, not another phase in it; while it is arranged, the one before stays. */
function usePlaces(graph: Graph): { places: Places; drawn: Graph | undefined } {
  const [state, setState] = useState<{ places: Places; drawn: Graph | undefined }>({
    places: new Map(),
    drawn: undefined,
  });
  const shape = `${graph.nodes.map(({ id }) => id).join(' ')}|${graph.edges.map(({ from, to }) => `${from}>${to}`).join(' ')}`;
  const latest = useRef(graph);
  const last = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    latest.current = graph;
  });
  // The shape stands for the graph.
  useEffect(() => {
    if (shape === '|') return;
    let gone = false;
    const timer = setTimeout(
      () => {
        last.current = performance.now();
        const drawn = latest.current;
        void arrange(drawn).then((places) => {
          if (!gone) setState({ places, drawn });
        });
      },
      Math.max(0, last.current + EVERY_MS - performance.now()),
    );
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [shape]);
  return state;
}

/** All of the picture is seen or, where that could not be read, its beginning; until a person moves it. */
function useFit(drawn: Graph | undefined, places: Places): (event: unknown) => void {
  const { fitView, setViewport } = useReactFlow();
  const store = useStoreApi();
  const moved = useRef(false);
  useEffect(() => {
    if (drawn === undefined || moved.current) return;
    const { width, height } = store.getState();
    const view = beginning(places, width, height);
    if (view === undefined) void fitView(FIT);
    else void setViewport(view);
  }, [drawn, places, fitView, setViewport, store]);
  return (event) => {
    if (event !== null && event !== undefined) moved.current = true;
  };
}

/** Keys that move the cursor move the picture, too. */
function useCentre(cursor: string | undefined, places: Places): void {
  const { setCenter, getZoom } = useReactFlow();
  const shown = useRef(cursor);
  useEffect(() => {
    if (cursor === undefined || cursor === shown.current) return;
    const place = places.get(cursor);
    if (place === undefined) return;
    shown.current = cursor;
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    void setCenter(place.x + BOX.width / 2, place.y + BOX.height / 2, {
      zoom: getZoom(),
      duration: calm ? 0 : 150,
    });
  }, [cursor, places, setCenter, getZoom]);
}
