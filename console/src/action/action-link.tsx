import { useFrameStore } from '../api/use-page-stream.ts';
import { actionPath } from '../shared/paths.ts';
import { PhaseIcon } from '../shared/phase-badge.tsx';
import { useRun } from '../run/run-context.ts';
import styles from './action-panel.module.css';

/** A link to another action of the run, by its name as people know it, with the sign of its phase. */
export function ActionLink({ action }: { readonly action: string }) {
  const { tree, scope, kind, name, openAction } = useRun();
  useFrameStore(tree.frames);
  const item = tree.get(action);
  return (
    <a
      className={styles.link}
      href={actionPath(scope, kind, name, action)}
      title={action}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        openAction(action);
      }}
    >
      <PhaseIcon phase={item?.phase} titled />
      {item?.label ?? action}
    </a>
  );
}
