import { useFrameStore } from '../../api/use-page-stream.ts';
import { useRun } from '../../run/run-context.ts';
import type { TreeItem } from '../../run/tree/item.ts';
import { isTrouble } from '../../run/tree/item.ts';
import { PhaseIcon } from '../../shared/phase-badge.tsx';
import { PHASES } from '../../shared/phase.ts';
import { useAction } from '../action-context.ts';
import { ActionLink } from '../action-link.tsx';
import panel from '../action-panel.module.css';
import styles from './overview.module.css';

const MOST = 12;

/** What the action started: how many in which phase, and links to those that failed, or else to the first ones. */
export function Children() {
  const { tree } = useRun();
  const { id } = useAction();
  useFrameStore(tree.frames);
  const item = tree.get(id.name);
  if (item === undefined || item.total === 0) return null;
  const own = directChildren(item);
  const shown = [
    ...own.filter(({ phase }) => isTrouble(phase)),
    ...own.filter(({ phase }) => !isTrouble(phase)),
  ];
  return (
    <section className={panel.section} aria-label="What it started">
      <h3>
        Started {own.length.toLocaleString('en-US')} {own.length === 1 ? 'action' : 'actions'}
        {item.total > own.length && (
          <span className="muted" data-right>
            {item.total.toLocaleString('en-US')} with all below them
          </span>
        )}
      </h3>
      <ul className={styles.counts}>
        {PHASES.filter(({ phase }) => (item.counts?.[phase] ?? 0) > 0).map(({ phase, label }) => (
          <li key={phase}>
            <PhaseIcon phase={phase} /> {item.counts?.[phase]?.toLocaleString('en-US')} {label.toLowerCase()}
          </li>
        ))}
      </ul>
      <ul className={styles.children}>
        {shown.slice(0, MOST).map((child) => (
          <li key={child.id}>
            <ActionLink action={child.id} />
          </li>
        ))}
        {shown.length > MOST && (
          <li className="muted">and {(shown.length - MOST).toLocaleString('en-US')} more, in the tree</li>
        )}
      </ul>
    </section>
  );
}

/** Its own children, also those that stand in groups. */
function directChildren(item: TreeItem): TreeItem[] {
  return item.children.flatMap((child) => (child.kind === 'group' ? directChildren(child) : [child]));
}
