import { Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { useFrameStore } from '../api/use-page-stream.ts';
import { useShortcuts } from '../app/shortcuts.ts';
import { RunList } from './list/run-list.tsx';
import { useRun } from './run-context.ts';
import styles from './run-page.module.css';
import type { RunView } from './run-search.ts';
import { Separator, usePanelWidth } from './separator.tsx';
import { Toolbar } from './toolbar.tsx';
import type { TreeItem } from './tree/item.ts';
import { nextFailed } from './tree/trouble.ts';

const GraphView = lazy(() => import('./graph/graph-view.tsx'));

/** The actions of the run in one of three views, and the side panel of the one that is open. */
export function RunBody() {
  const run = useRun();
  const { tree } = run;
  const [width, resize] = usePanelWidth();
  const view: RunView = useSearch({ strict: false }).view ?? 'tree';
  const { action: open } = useParams({ strict: false });
  const [cursor, setCursor] = useCursor(open);
  useViewKeys(view);
  useMoveKeys(cursor, setCursor, open !== undefined);
  useFrameStore(tree.frames);
  return (
    <div className={styles.split}>
      <div className={styles.main}>
        <Toolbar view={view} />
        {view === 'graph' ? (
          <Suspense>
            <GraphView cursor={cursor} onCursor={setCursor} />
          </Suspense>
        ) : (
          <RunList mode={view} cursor={cursor} opened={open} onCursor={setCursor} />
        )}
      </div>
      {open !== undefined && (
        <>
          <Separator width={width} onResize={resize} />
          <aside className={styles.panel} style={{ width }} aria-label={`Action ${open}`}>
            <Outlet />
          </aside>
        </>
      )}
    </div>
  );
}

/** The line that keys act on; an action that is opened takes it along. */
function useCursor(open: string | undefined): [string | undefined, (id: string) => void] {
  const { tree } = useRun();
  const [cursor, setCursor] = useState(open);
  const [followed, setFollowed] = useState(open);
  if (open !== followed) {
    setFollowed(open);
    if (open !== undefined) setCursor(open);
  }
  const known = tree.get(open ?? '') !== undefined;
  useEffect(() => {
    const item = known ? tree.get(open ?? '') : undefined;
    if (item !== undefined) tree.reveal(item);
  }, [tree, open, known]);
  return [cursor, setCursor];
}

function useViewKeys(view: RunView): void {
  const navigate = useNavigate();
  const show = useCallback(
    (next: RunView) => {
      if (next === view) return;
      void navigate({
        to: '.',
        search: (search) => ({ ...search, view: next === 'tree' ? undefined : next }) as never,
        replace: true,
        resetScroll: false,
      });
    },
    [navigate, view],
  );
  useShortcuts([
    { keys: '1', label: 'Show the tree', run: () => show('tree') },
    { keys: '2', label: 'Show the timeline', run: () => show('timeline') },
    { keys: '3', label: 'Show the graph', run: () => show('graph') },
  ]);
}

const FOLLOW_AFTER_MS = 150;

function useMoveKeys(cursor: string | undefined, setCursor: (id: string) => void, panel: boolean): void {
  const { tree, openAction, closeAction } = useRun();
  const at = cursor === undefined ? undefined : tree.get(cursor);
  const [follow, setFollow] = useState<string>();
  // With the panel open, it shows where one stops, not all that one passes.
  useEffect(() => {
    if (follow === undefined) return;
    const timer = setTimeout(() => openAction(follow, true), FOLLOW_AFTER_MS);
    return () => clearTimeout(timer);
  }, [follow, openAction]);
  const go = (item: TreeItem | undefined) => {
    if (item === undefined) return;
    setCursor(item.id);
    if (panel && item.kind === 'action') setFollow(item.id);
  };
  const move = (step: number) => {
    const rows = tree.rows();
    const index = at === undefined ? -1 : rows.indexOf(at);
    go(index < 0 ? rows[0] : rows[Math.max(0, Math.min(rows.length - 1, index + step))]);
  };
  const left = () => {
    if (at === undefined) return;
    if (at.children.length > 0 && !tree.isFolded(at)) tree.fold(at, true);
    else go(at.parent);
  };
  const right = () => {
    if (at === undefined || at.children.length === 0) return;
    if (tree.isFolded(at)) tree.fold(at, false);
    else move(1);
  };
  const enter = () => {
    if (at === undefined) return false;
    if (at.kind === 'group') tree.fold(at, !tree.isFolded(at));
    else openAction(at.id);
    return true;
  };
  useShortcuts([
    { keys: 'j', label: 'Next action', run: () => move(1) },
    { keys: 'k', label: 'Action before', run: () => move(-1) },
    { keys: 'ArrowDown', label: 'Next action', run: () => move(1) },
    { keys: 'ArrowUp', label: 'Action before', run: () => move(-1) },
    { keys: 'h', label: 'Fold, or go to the parent', run: left },
    { keys: 'l', label: 'Unfold, or go to the first child', run: right },
    { keys: 'ArrowLeft', label: 'Fold, or go to the parent', run: left },
    { keys: 'ArrowRight', label: 'Unfold, or go to the first child', run: right },
    { keys: 'Enter', label: 'Open the action', run: enter },
    { keys: 'Escape', label: 'Close the action', run: () => (panel ? closeAction() : false) },
    {
      keys: 'f',
      label: 'Next action that failed',
      run: () => {
        const found = nextFailed(tree.items(), at);
        if (found === undefined) return;
        tree.reveal(found);
        go(found);
      },
    },
  ]);
}
