import { Tooltip } from '@mantine/core';
import { useAction } from './action-context.ts';
import styles from './action-panel.module.css';
import type { Tab } from './action-search.ts';
import { type ActionKind, TAB_LABELS, tabsOf } from './tabs.ts';

interface TabLinksProps {
  readonly kind: ActionKind;
  readonly shown: Tab;
}

/** The parts of the panel, each with an address of its own. */
export function TabLinks({ kind, shown }: TabLinksProps) {
  const { change, hrefOf } = useAction();
  return (
    <nav className={styles.tabs} aria-label="About the action">
      {tabsOf(kind).map((tab) => (
        <a
          key={tab}
          href={hrefOf({ tab })}
          className={styles.tab}
          aria-current={tab === shown ? 'page' : undefined}
          onClick={(event) => {
            // With a key held, the browser opens it elsewhere.
            if (event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            change({ tab });
          }}
        >
          {TAB_LABELS[tab]}
        </a>
      ))}
      <Tooltip label="Keys: [ and ]">
        <span className={styles.keys} aria-hidden>
          [ ]
        </span>
      </Tooltip>
    </nav>
  );
}
