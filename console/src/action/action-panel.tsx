import { useNavigate, useParams, useRouter, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useMemo } from 'react';
import { useFrameStore } from '../api/use-page-stream.ts';
import { useShortcuts } from '../app/shortcuts.ts';
import { useRun } from '../run/run-context.ts';
import { typeOf } from '../run/tree/item.ts';
import { ErrorBanner } from '../shared/error-banner.tsx';
import { ActionContext, type ActionContextValue, actionId } from './action-context.ts';
import { ActionHeader } from './action-header.tsx';
import styles from './action-panel.module.css';
import { parseActionSearch, type Tab } from './action-search.ts';
import { ConditionTab } from './condition/condition-tab.tsx';
import { EventsTab } from './events-tab.tsx';
import { OverviewTab } from './overview/overview-tab.tsx';
import { TabLinks } from './tab-links.tsx';
import { type ActionKind, shownTab, tabAfter } from './tabs.ts';
import { useActionDetails } from './use-action-details.ts';

const LogsTab = lazy(() => import('./logs/logs-tab.tsx'));
const ReportTab = lazy(() => import('./report-tab.tsx'));
const SpecTab = lazy(() => import('./spec/spec-tab.tsx'));
const ValuesTab = lazy(() => import('./values/values-tab.tsx'));

/** What is known of one action. */
export function ActionPanel() {
  const { action = '' } = useParams({ strict: false });
  // Another action is another panel: nothing of the one before is left in it.
  return <Panel key={action} name={action} />;
}

function Panel({ name }: { readonly name: string }) {
  const { tree, id: run } = useRun();
  useFrameStore(tree.frames);
  const id = useMemo(() => actionId(run, name), [run, name]);
  const { details, error, retry } = useActionDetails(id);
  const item = tree.get(name);
  const kind: ActionKind =
    typeOf(item?.action) ??
    (details?.spec.case === 'condition' || details?.spec.case === 'trace' ? details.spec.case : 'task');
  const search = parseActionSearch(useSearch({ strict: false }));
  const tab = shownTab(kind, search.tab);
  const latest = item?.action?.status?.attempts || details?.status?.attempts || 1;
  const address = useAddress();
  const value: ActionContextValue = {
    id,
    details,
    search,
    attempt: Math.min(Number(search.attempt ?? latest), latest),
    ...address,
  };
  const go = (next: Tab) => address.change({ tab: next });
  useShortcuts([
    { keys: ']', label: 'Next tab of the action', run: () => go(tabAfter(kind, tab, 1)) },
    { keys: '[', label: 'Tab of the action before', run: () => go(tabAfter(kind, tab, -1)) },
    {
      keys: 'w',
      label: 'Action in full width, and back',
      run: () => address.change({ wide: search.wide === '1' ? undefined : '1' }),
    },
  ]);
  return (
    <ActionContext value={value}>
      <div className={styles.root} data-wide={search.wide}>
        <ActionHeader item={item} name={name} />
        <TabLinks kind={kind} shown={tab} />
        <div className={styles.content} data-tab={tab}>
          {error === null ? (
            <Suspense>
              <TabContent tab={tab} />
            </Suspense>
          ) : (
            <ErrorBanner title="The action can’t be shown" error={error} onRetry={retry} />
          )}
        </div>
      </div>
    </ActionContext>
  );
}

function TabContent({ tab }: { readonly tab: Tab }) {
  switch (tab) {
    case 'overview':
      return <OverviewTab />;
    case 'condition':
      return <ConditionTab />;
    case 'values':
      return <ValuesTab />;
    case 'logs':
      return <LogsTab />;
    case 'events':
      return <EventsTab />;
    case 'spec':
      return <SpecTab />;
    case 'report':
      return <ReportTab />;
  }
}

/** How parts of the panel change the address that they are shown at. */
function useAddress(): Pick<ActionContextValue, 'change' | 'hrefOf'> {
  const navigate = useNavigate();
  const router = useRouter();
  return useMemo(() => {
    const to = (change: object) => ({
      to: '.',
      search: (search: object) => ({ ...search, ...change }) as never,
    });
    return {
      change: (change) => void navigate({ ...to(change), replace: true, resetScroll: false }),
      hrefOf: (change) => router.buildLocation(to(change)).href,
    };
  }, [navigate, router]);
}
