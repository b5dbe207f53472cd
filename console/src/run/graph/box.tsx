import { Handle, type Node, type NodeHandle, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';
import { phaseColours, PhaseIcon } from '../../shared/phase-badge.tsx';
import { phaseInfo } from '../../shared/phase.ts';
import { Duration } from '../../shared/time.tsx';
import { Counts } from '../list/counts.tsx';
import type { GraphNode } from './draw.ts';
import { BOX } from './layout.ts';
import styles from './graph.module.css';

/** What a box shows. `revision` is that of its line. */
export type BoxData = Node<{ node: GraphNode; revision: number; cursor: boolean; folded: boolean }, 'box'>;

const END = { y: BOX.height / 2 - 0.5, width: 1, height: 1 } as const;

/**
 * How large a box is and where lines end at it. The library would measure both after each change, and draw no lines until it has: boxes
 * are all alike, so it is told.
 */
export const SHAPE = {
  ...BOX,
  measured: BOX,
  handles: [
    { ...END, type: 'target', position: Position.Left, x: -3 },
    { ...END, type: 'source', position: Position.Right, x: BOX.width + 2 },
  ] satisfies NodeHandle[],
};

/** A box: an action, a group, or several actions of the same task. */
export const Box = memo(function Box({ data: { node, cursor, folded } }: NodeProps<BoxData>) {
  const { item, kind, label, size, counts, phase, members } = node;
  const many = kind === 'merged' || kind === 'group' || folded;
  return (
    <div
      className={styles.box}
      style={phaseColours(phase)}
      data-cursor={cursor || undefined}
      data-many={many || undefined}
      title={`${label}: ${members === undefined ? phaseInfo(phase).label : `${size} alike; click to draw each`}`}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <span className={styles.title}>
        <PhaseIcon phase={phase} titled />
        <span className="ellipsis">{label}</span>
        {kind !== 'action' && <b className={styles.size}>×{size.toLocaleString('en')}</b>}
      </span>
      <span className={styles.more}>
        {many ? (
          <Counts counts={counts} total={kind === 'action' ? (item?.total ?? 0) : size} />
        ) : (
          item !== undefined && (
            <Duration
              from={Number.isNaN(item.start) ? undefined : item.start}
              to={
                phaseInfo(item.phase).terminal ? (Number.isNaN(item.end) ? item.start : item.end) : undefined
              }
            />
          )
        )}
      </span>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
});
