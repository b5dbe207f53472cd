import { Anchor, Card, Group, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link, Navigate, useSearch } from '@tanstack/react-router';
import { projectClient } from '../api/project-client.ts';
import { organization, separateOrganization } from '../api/organization.ts';
import { EmptyState } from '../shared/empty-state.tsx';
import { ErrorBanner } from '../shared/error-banner.tsx';
import { FirstRun } from '../shared/first-run.tsx';
import { lastScope } from './last-scope.ts';
import { OrganizationField } from './organization-field.tsx';

/** The projects to choose from; without `?choose=1`, straight on to the one used last, or the only one. */
export function HomePage() {
  useDocumentTitle('Projects');
  const { choose } = useSearch({ from: '/' });
  const last = lastScope();
  const projects = useQuery({
    queryKey: ['projects'],
    queryFn: ({ signal }) =>
      projectClient.listProjects({ org: organization(), limit: 200, filters: 'eq(state, 0)' }, { signal }),
    enabled: choose === true || last === undefined,
  });
  if (choose !== true && last !== undefined) {
    return <Navigate to="/v2/domain/$domain/project/$project/runs" params={last} replace />;
  }
  const list = projects.data?.projects?.projects ?? [];
  return (
    <Stack p="lg" maw={880} mx="auto" gap="sm">
      <Group justify="space-between" align="flex-end" mih={50}>
        <Title order={1} size="h3">
          Projects
        </Title>
        {separateOrganization !== undefined && <OrganizationField current={separateOrganization} />}
      </Group>
      {projects.isError && (
        <ErrorBanner
          title="The projects could not be read"
          error={projects.error}
          onRetry={() => void projects.refetch()}
        />
      )}
      {projects.isSuccess && list.length === 0 && (
        <EmptyState
          title={
            separateOrganization === undefined
              ? 'No project yet'
              : `No project in the organization “${separateOrganization}” yet`
          }
        >
          A project comes into being with its first run.
          <FirstRun scope={{ project: 'demo', domain: 'development' }} />
        </EmptyState>
      )}
      {list.map((project) => (
        <Card key={project.id} withBorder padding="sm" bg="var(--console-raised)">
          <Group justify="space-between">
            <div>
              <Text fw={600}>{project.name || project.id}</Text>
              {project.description !== '' && (
                <Text size="sm" c="var(--console-muted)">
                  {project.description}
                </Text>
              )}
            </div>
            <Group gap="md">
              {project.domains.map((domain) => (
                <Anchor
                  key={domain.id}
                  size="sm"
                  renderRoot={(props) => (
                    <Link
                      to="/v2/domain/$domain/project/$project/runs"
                      params={{ domain: domain.id, project: project.id }}
                      {...props}
                    />
                  )}
                >
                  {domain.name || domain.id}
                </Anchor>
              ))}
            </Group>
          </Group>
        </Card>
      ))}
    </Stack>
  );
}
