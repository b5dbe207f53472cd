import { ActionIcon, Loader, Tooltip } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { IconArrowsLeftRight } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { EmptyState } from '../shared/empty-state.tsx';
import { ErrorBanner } from '../shared/error-banner.tsx';
import { CompareActions } from './compare-actions.tsx';
import styles from './compare-page.module.css';
import { CompareSection } from './compare-section.tsx';
import { RunChoice } from './run-choice.tsx';
import { SideHeader } from './side-header.tsx';
import { type Side, useSide } from './use-side.ts';

const route = getRouteApi('/v2/domain/$domain/project/$project/compare');

/** Two runs side by side: what differs first, what does not folded away. */
export function ComparePage() {
  const scope = route.useParams();
  const { a, b } = route.useSearch();
  const navigate = route.useNavigate();
  useDocumentTitle(`Compare · ${scope.project}`);
  const one = useSide(scope, a);
  const other = useSide(scope, b);
  const choose = (search: { a: string | undefined; b: string | undefined }) =>
    void navigate({
      search: { ...(search.a && { a: search.a }), ...(search.b && { b: search.b }) },
      replace: true,
    });
  const problem =
    (one.data === undefined ? one.error : null) ?? (other.data === undefined ? other.error : null);
  return (
    <>
      <h1 className="visually-hidden">Compare two runs</h1>
      <section className={styles.choices} aria-label="Which runs">
        <RunChoice scope={scope} label="First run" value={a} onChange={(name) => choose({ a: name, b })} />
        <Tooltip label="Swap">
          <ActionIcon aria-label="Swap the runs" onClick={() => choose({ a: b, b: a })}>
            <IconArrowsLeftRight size={16} />
          </ActionIcon>
        </Tooltip>
        <RunChoice scope={scope} label="Second run" value={b} onChange={(name) => choose({ a, b: name })} />
      </section>
      {problem !== null && (
        <ErrorBanner
          title="A run could not be read"
          error={problem}
          onRetry={() => void Promise.all([one.refetch(), other.refetch()])}
        />
      )}
      {(a === undefined || b === undefined) && (
        <EmptyState title="Choose two runs">
          Here, or select two in the list of runs. What differs between them comes first.
        </EmptyState>
      )}
      {one.data !== undefined && other.data !== undefined && <Sides a={one.data} b={other.data} />}
      {problem === null && (one.isLoading || other.isLoading) && <Loader size="sm" m="xl" />}
    </>
  );
}

function Sides({ a, b }: { readonly a: Side; readonly b: Side }) {
  return (
    <div className={styles.sides}>
      <div className={styles.heads}>
        <span />
        <SideHeader side={a} other={b} />
        <SideHeader side={b} other={a} />
      </div>
      <CompareSection title="The run" a={a.summary} b={b.summary} />
      <CompareSection title="Inputs" a={a.inputs} b={b.inputs} none="Neither run has inputs." />
      <CompareSection title="Outputs" a={a.outputs} b={b.outputs} none="Neither run has outputs." />
      <CompareSection title="Labels" a={a.labels} b={b.labels} none="Neither run has labels." />
      <CompareActions a={a} b={b} />
      <CompareSection title="Spec" a={a.spec} b={b.spec} none="Neither run has a spec." />
    </div>
  );
}
