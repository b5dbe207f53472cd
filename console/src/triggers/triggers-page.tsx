import { Code } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { getRouteApi } from '@tanstack/react-router';
import { EmptyState } from '../shared/empty-state.tsx';
import { NameSearch } from '../shared/name-search.tsx';
import { TriggersTable } from './triggers-table.tsx';

const route = getRouteApi('/v2/domain/$domain/project/$project/triggers');

/** The triggers of a project. */
export function TriggersPage() {
  const scope = route.useParams();
  useDocumentTitle(`Triggers · ${scope.project}`);
  const { q } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      <h1 className="visually-hidden">Triggers</h1>
      <NameSearch
        label="Part of a trigger’s name"
        q={q}
        onSearch={(search) => void navigate({ search, replace: true })}
      />
      <TriggersTable
        scope={scope}
        q={q}
        empty={
          q === undefined ? (
            <EmptyState title="No triggers yet">
              A trigger starts a task by the clock. Give one to a task and deploy it:
              <Code block mt="md" ta="left">
                {`@env.task(triggers=flyte.Trigger("nightly", flyte.Cron("0 2 * * *")))\nasync def main(): ...\n\nflyte deploy main.py env`}
              </Code>
            </EmptyState>
          ) : (
            <EmptyState title="No trigger matches">Search for another part of a name.</EmptyState>
          )
        }
      />
    </>
  );
}
