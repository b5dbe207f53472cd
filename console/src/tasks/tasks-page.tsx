import { Code } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { getRouteApi } from '@tanstack/react-router';
import { EmptyState } from '../shared/empty-state.tsx';
import { ErrorBanner } from '../shared/error-banner.tsx';
import { MoreButton } from '../shared/more-button.tsx';
import { NameSearch } from '../shared/name-search.tsx';
import styles from '../shared/table.module.css';
import { TaskLine } from './task-line.tsx';
import { useGroups } from './use-groups.ts';
import { useTasks } from './use-tasks.ts';

const route = getRouteApi('/v2/domain/$domain/project/$project/tasks');

/** The deployed tasks of a project, with the numbers of their runs. */
export function TasksPage() {
  const scope = route.useParams();
  useDocumentTitle(`Tasks · ${scope.project}`);
  const { q } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useTasks(scope, q);
  const groups = useGroups(scope);
  const tasks = list.data?.pages.flatMap((page) => page.tasks) ?? [];
  return (
    <>
      <h1 className="visually-hidden">Tasks</h1>
      <NameSearch
        label="Part of a task’s name"
        q={q}
        onSearch={(search) => void navigate({ search, replace: true })}
      />
      {list.error !== null && list.data === undefined && (
        <ErrorBanner
          title="The tasks could not be read"
          error={list.error}
          onRetry={() => void list.refetch()}
        />
      )}
      {list.isSuccess && tasks.length === 0 && <NoTasks searched={q !== undefined} />}
      {tasks.length > 0 && (
        <div className={styles.frame}>
          <table className={styles.table}>
            <caption className="visually-hidden">Tasks; numbers are of the last seven days</caption>
            <thead>
              <tr>
                <th scope="col">Task</th>
                <th scope="col">Newest version</th>
                <th scope="col" data-number>
                  Deployed
                </th>
                <th scope="col">Triggers</th>
                <th scope="col">Latest run</th>
                <th scope="col" data-number>
                  Runs, 7 days
                </th>
                <th scope="col" data-number>
                  Failure rate
                </th>
                <th scope="col" data-number>
                  Average
                </th>
                <th scope="col" title="The latest stands on the right">
                  Recent runs
                </th>
              </tr>
            </thead>
            <tbody>
              {tasks.map((task) => (
                <TaskLine
                  key={task.taskId?.name}
                  scope={scope}
                  task={task}
                  group={groups.get(task.taskId?.name ?? '')}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <MoreButton list={list} of="tasks" />
    </>
  );
}

function NoTasks({ searched }: { readonly searched: boolean }) {
  if (searched) return <EmptyState title="No task matches">Search for another part of a name.</EmptyState>;
  return (
    <EmptyState title="No deployed tasks">
      A run needs none. What is deployed can be started by its name, from here and by triggers:
      <Code block mt="md" ta="left">
        flyte deploy hello.py env
      </Code>
    </EmptyState>
  );
}
