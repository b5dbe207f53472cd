import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { WatchActionsResponse } from '../../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { type RunKind, runClient } from '../api/clients.ts';
import { calmly, withBreaks } from './pace.ts';
import { FrameStore } from '../api/frame-store.ts';
import { useConnection } from '../api/connection.ts';
import { runId } from '../api/scope.ts';
import { usePageStream } from '../api/use-page-stream.ts';
import { many } from '../app/search.ts';
import { EmptyState } from '../shared/empty-state.tsx';
import { ErrorBanner } from '../shared/error-banner.tsx';
import { phaseOfKey } from '../shared/phase.ts';
import { RunBody } from './run-body.tsx';
import { RunContext, type RunPageContext } from './run-context.ts';
import { RunHeader } from './header/run-header.tsx';
import { RunTree } from './tree/run-tree.ts';
import styles from './run-page.module.css';
import { Code, ConnectError } from '@connectrpc/connect';

/** One run that this service was asked to execute. */
export function RunPage() {
  return <AnyRun kind="runs" />;
}

/** One run that reported itself. */
export function TrackedRunPage() {
  return <AnyRun kind="tracked-runs" />;
}

/** Another run is another page, with nothing left of the one before. */
function AnyRun({ kind }: { readonly kind: RunKind }) {
  const { project, domain, name } = useParams({ strict: false });
  return <AnyRunPage key={`${kind} ${project} ${domain} ${name}`} kind={kind} />;
}

function AnyRunPage({ kind }: { readonly kind: RunKind }) {
  const run = useRunContext(kind);
  useFilterOfAddress(run.tree);
  const settle = useSettling(run.tree);
  usePageStream<WatchActionsResponse>(`${kind} ${run.scope.project} ${run.scope.domain} ${run.name}`, {
    open: (signal) => withBreaks(runClient(kind).watchActions({ runId: run.id }, { signal })),
    onMessage: ({ enrichedActions }) => {
      run.tree.apply(enrichedActions);
      settle();
    },
  });
  const connection = useConnection();
  useEffect(() => {
    const before = document.title;
    document.title = `${run.name} · ${run.scope.project}`;
    return () => {
      document.title = before;
    };
  }, [run.name, run.scope.project]);
  if (connection?.state === 'failed') return <Refused run={run} error={connection.error} />;
  return (
    <RunContext value={run}>
      <div className={styles.page}>
        <RunHeader />
        <RunBody />
      </div>
    </RunContext>
  );
}

function Refused({ run, error }: { readonly run: RunPageContext; readonly error: unknown }) {
  if (ConnectError.from(error).code !== Code.NotFound)
    return <ErrorBanner title="The run can’t be shown" error={error} />;
  return (
    <EmptyState title={`There is no run “${run.name}”`}>
      Not in the domain {run.scope.domain} of the project {run.scope.project}
      {run.kind === 'runs' ? '' : ', among the tracked runs'}.{' '}
      <Link
        to={CLOSE_ACTION[run.kind === 'runs' ? 'tracked-runs' : 'runs']}
        params={{ ...run.scope, name: run.name }}
      >
        {run.kind === 'runs' ? 'Look among the tracked runs' : 'Look among the runs that were executed here'}
      </Link>
    </EmptyState>
  );
}

const OPEN_ACTION = {
  runs: '/v2/domain/$domain/project/$project/runs/$name/actions/$action',
  'tracked-runs': '/v2/domain/$domain/project/$project/tracked-runs/$name/actions/$action',
} as const;
const CLOSE_ACTION = {
  runs: '/v2/domain/$domain/project/$project/runs/$name',
  'tracked-runs': '/v2/domain/$domain/project/$project/tracked-runs/$name',
} as const;

function useRunContext(kind: RunKind): RunPageContext {
  const { project = '', domain = '', name = '' } = useParams({ strict: false });
  const navigate = useNavigate();
  const [tree] = useState(newTree);
  return useMemo(() => {
    const scope = { project, domain };
    const params = { ...scope, name };
    return {
      kind,
      scope,
      name,
      id: runId(scope, name),
      tree,
      openAction: (action: string, replace = false) =>
        void navigate({
          to: OPEN_ACTION[kind],
          params: { ...params, action },
          search: forAction,
          replace,
          resetScroll: false,
        }),
      closeAction: () =>
        void navigate({ to: CLOSE_ACTION[kind], params, search: keepOwn, resetScroll: false }),
    };
  }, [kind, project, domain, name, tree, navigate]);
}

/** Another action is shown in the same way; its attempts and lines are others. */
function forAction({ attempt, line, ...search }: Record<string, unknown>) {
  return search as never;
}

/** What belongs to the panel leaves the address with it. */
function keepOwn({ view, find, phase }: Record<string, unknown>) {
  return { view, find, phase } as never;
}

function useFilterOfAddress(tree: RunTree): void {
  const search = useSearch({ strict: false });
  const text = search.find ?? '';
  const phases = search.phase ?? '';
  useEffect(() => {
    const numbers = many(phases).flatMap((key) => phaseOfKey(key)?.phase ?? []);
    tree.setFilter({ text, phases: new Set(numbers) });
  }, [tree, text, phases]);
}

/** What happens more often is shown together: that is often enough to look alive. */
const LIVE_PAUSE_MS = 50;
/** While a large run is first told, time is better spent on reading it. */
const READING_PAUSE_MS = 200;

function newTree(): RunTree {
  const frames = new FrameStore(calmly(() => (tree.settled ? LIVE_PAUSE_MS : READING_PAUSE_MS)));
  const tree = new RunTree({ frames });
  return tree;
}

/** The stream has no mark where its snapshot ends: it has ended once nothing came for a while. */
const SETTLED_AFTER_MS = 300;

function useSettling(tree: RunTree): () => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => tree.settle(), SETTLED_AFTER_MS);
  }, [tree]);
}
