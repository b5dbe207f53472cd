import { useParams } from '@tanstack/react-router';
import { useFrameStore } from '../api/use-page-stream.ts';
import { useRun } from '../run/run-context.ts';
import { PhaseBadge } from '../shared/phase-badge.tsx';

/** What is known of one action. */
export function ActionPanel() {
  const { tree } = useRun();
  useFrameStore(tree.frames);
  const { action = '' } = useParams({ strict: false });
  const item = tree.get(action);
  return (
    <div style={{ padding: 16 }}>
      <h2>{item?.label ?? action}</h2>
      <PhaseBadge phase={item?.phase} />
    </div>
  );
}
