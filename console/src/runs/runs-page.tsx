import { getRouteApi } from '@tanstack/react-router';
import { RunsView } from './runs-view.tsx';
import type { RunsSearch } from './runs-search.ts';

const runsRoute = getRouteApi('/v2/domain/$domain/project/$project/runs');
const trackedRoute = getRouteApi('/v2/domain/$domain/project/$project/tracked-runs');

/** The runs of a project. */
export function RunsPage() {
  const scope = runsRoute.useParams();
  const search = runsRoute.useSearch();
  const navigate = runsRoute.useNavigate();
  const change = (next: RunsSearch, replace = false) =>
    void navigate({ search: next, replace, resetScroll: false });
  return (
    <RunsView
      key={`${scope.domain}/${scope.project}`}
      kind="runs"
      scope={scope}
      search={search}
      onSearch={change}
    />
  );
}

/** The tracked runs of a project: those that execute elsewhere and report themselves. */
export function TrackedRunsPage() {
  const scope = trackedRoute.useParams();
  const { group: _, ...search } = trackedRoute.useSearch();
  const navigate = trackedRoute.useNavigate();
  const change = (next: RunsSearch, replace = false) =>
    void navigate({ search: next, replace, resetScroll: false });
  return (
    <RunsView
      key={`${scope.domain}/${scope.project}`}
      kind="tracked-runs"
      scope={scope}
      search={search}
      onSearch={change}
    />
  );
}
