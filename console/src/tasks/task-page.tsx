import { Anchor, Button, Select, Tabs } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { IconPlayerPlay } from '@tabler/icons-react';
import { getRouteApi, Link } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { useOffer } from '../app/palette-actions.ts';
import { useShortcuts } from '../app/shortcuts.ts';
import { CopyButton } from '../shared/copy-button.tsx';
import { EmptyState } from '../shared/empty-state.tsx';
import { ErrorBanner } from '../shared/error-banner.tsx';
import { TriggersTable } from '../triggers/triggers-table.tsx';
import { TaskInterface } from './task-interface.tsx';
import type { TaskTab } from './task-search.ts';
import { TaskNumbers } from './task-numbers.tsx';
import { TaskRuns } from './task-runs.tsx';
import styles from './task-page.module.css';
import { useGroups } from './use-groups.ts';
import { useTaskDetails, useVersions } from './use-tasks.ts';
import { Versions } from './versions.tsx';

const TaskGrid = lazy(() => import('./grid/task-grid.tsx'));
const RunTaskDialog = lazy(() => import('./run-task-dialog.tsx'));
const route = getRouteApi('/v2/domain/$domain/project/$project/tasks/$name');

/** A task: its numbers, newest runs, versions, triggers and inputs, and a way to start it. */
export function TaskPage() {
  const { name, ...scope } = route.useParams();
  useDocumentTitle(`${name} · ${scope.project}`);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [starting, setStarting] = useState(false);
  const versions = useVersions(scope, name);
  const all = versions.data?.pages.flatMap((page) => page.versions) ?? [];
  const version = search.version ?? all[0]?.version;
  const details = useTaskDetails(scope, name, version);
  const group = useGroups(scope, name).get(name);
  const start = () => setStarting(true);
  const show = (tab: TaskTab) => {
    const { tab: _, ...others } = search;
    void navigate({
      search: tab === 'runs' ? others : { ...others, tab },
      replace: true,
      resetScroll: false,
    });
  };
  useOffer(details.data === undefined ? [] : [{ label: 'Run this task', run: start }]);
  useShortcuts([{ keys: 'r', label: 'Run this task', run: () => details.data !== undefined && start() }]);
  const error = versions.error ?? details.error;
  const chooseVersion = (chosen: string) => {
    const { version: _, ...others } = search;
    const next = chosen === all[0]?.version ? others : { ...others, version: chosen };
    void navigate({ search: next, replace: true });
  };
  // A run needs no deployed task.
  const undeployed = versions.isSuccess && all.length === 0;
  // A version of the address need not be among those that are loaded.
  const choices = [
    ...new Set([...(version === undefined ? [] : [version]), ...all.map((one) => one.version)]),
  ];
  return (
    <>
      <section className={styles.header} aria-label="The task">
        <div className={styles.line}>
          <Anchor size="xs" renderRoot={(props) => <Link {...props} to={TASKS} params={scope} />}>
            Tasks
          </Anchor>
          <span className="muted" aria-hidden>
            /
          </span>
          <h1 className={styles.name}>{name}</h1>
          <CopyButton value={name} what="the task’s name" />
          {!undeployed && (
            <>
              <Select
                ml="auto"
                w={220}
                aria-label="Version"
                data={choices}
                value={version ?? null}
                searchable
                allowDeselect={false}
                onChange={(chosen) => chosen !== null && chooseVersion(chosen)}
              />
              <Button
                leftSection={<IconPlayerPlay size={14} />}
                disabled={details.data === undefined}
                onClick={start}
              >
                Run now
              </Button>
            </>
          )}
        </div>
        <TaskNumbers details={details.data} group={group} />
      </section>
      {error !== null && (
        <ErrorBanner
          title="The task could not be read"
          error={error}
          onRetry={() => void (versions.error === null ? details.refetch() : versions.refetch())}
        />
      )}
      {undeployed && (
        <p className={styles.text} data-note>
          No task {name} is deployed here. Its runs came with what they needed;{' '}
          <Anchor
            inherit
            underline="always"
            renderRoot={(props) => <Link {...props} to={TASKS} params={scope} />}
          >
            these are deployed
          </Anchor>
          .
        </p>
      )}
      <Tabs
        value={undeployed && search.tab !== 'grid' ? 'runs' : (search.tab ?? 'runs')}
        onChange={(tab) => show(tab as TaskTab)}
        keepMounted={false}
      >
        <Tabs.List px="md">
          <Tabs.Tab value="runs">Runs</Tabs.Tab>
          <Tabs.Tab value="grid">Grid</Tabs.Tab>
          {!undeployed && (
            <>
              <Tabs.Tab value="versions">Versions</Tabs.Tab>
              <Tabs.Tab value="triggers">Triggers</Tabs.Tab>
              <Tabs.Tab value="interface">Inputs and outputs</Tabs.Tab>
            </>
          )}
        </Tabs.List>
        <Tabs.Panel value="runs">
          <TaskRuns scope={scope} name={name} changed={changeOf(group)} />
        </Tabs.Panel>
        <Tabs.Panel value="grid">
          <Suspense>
            <TaskGrid scope={scope} name={name} changed={changeOf(group)} />
          </Suspense>
        </Tabs.Panel>
        <Tabs.Panel value="versions">
          <Versions scope={scope} name={name} list={versions} shown={version} />
        </Tabs.Panel>
        <Tabs.Panel value="triggers">
          <TriggersTable
            scope={scope}
            task={name}
            empty={<EmptyState title="No triggers">Nothing starts this task by the clock.</EmptyState>}
          />
        </Tabs.Panel>
        <Tabs.Panel value="interface">
          <TaskInterface details={details.data} />
        </Tabs.Panel>
      </Tabs>
      {starting && details.data !== undefined && (
        <Suspense>
          <RunTaskDialog scope={scope} details={details.data} onClose={() => setStarting(false)} />
        </Suspense>
      )}
    </>
  );
}

const TASKS = '/v2/domain/$domain/project/$project/tasks';

/** Differs whenever a run of the group began or changed its phase. */
function changeOf(group: { recentStatuses: { runName: string; phase: number }[] } | undefined): string {
  return group?.recentStatuses.map(({ runName, phase }) => `${runName}=${phase}`).join(' ') ?? '';
}
