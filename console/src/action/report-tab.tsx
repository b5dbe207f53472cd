import { Button, Code, Group } from '@mantine/core';
import { Code as Refusal, ConnectError } from '@connectrpc/connect';
import { IconExternalLink, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { ArtifactType } from '../../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { dataClient } from '../api/data-client.ts';
import { useRun } from '../run/run-context.ts';
import { EmptyState } from '../shared/empty-state.tsx';
import { ErrorBanner } from '../shared/error-banner.tsx';
import { isTerminal } from '../shared/phase.ts';
import { useAction } from './action-context.ts';
import { AttemptPicker } from './attempt-picker.tsx';
import styles from './report-tab.module.css';

const HOW = `@env.task(report=True)
async def main():
    await flyte.report.log.aio("<h1>Hello</h1>", do_flush=True)`;

/** The report that the task has written, in a frame of its own that can reach nothing of this page or of the service. */
export default function ReportTab() {
  const { kind } = useRun();
  const { id, attempt, details } = useAction();
  const told = details?.attempts.find((one) => one.attempt === attempt);
  const ended = isTerminal(told?.phase);
  // A task says whether it writes one; of tracked runs and others that do not say, it is tried.
  const template = details?.spec.case === 'task' ? details.spec.value.taskTemplate : undefined;
  const none = template?.metadata?.generatesDeck === false && !told?.outputs?.reportUri;
  const { data, error, refetch, isFetching, isPending } = useQuery({
    // Once more when the attempt has ended: what it wrote last is in it.
    queryKey: ['report', kind, id.run?.project, id.run?.domain, id.run?.name, id.name, attempt, ended],
    queryFn: async ({ signal }) => {
      const source = { case: 'actionAttemptId', value: { actionId: id, attempt } } as const;
      const link = await dataClient.createDownloadLink(
        { artifactType: ArtifactType.REPORT, source },
        { signal },
      );
      return link.preSignedUrls?.signedUrl[0] ?? '';
    },
    enabled: details !== undefined && !none,
    // A new link would load the frame anew, in the middle of what somebody reads.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    retry: false,
  });
  if (isPending && !none) return <p className={styles.wait}>Looking for the report…</p>;
  if (data === undefined)
    return (
      <>
        <div className={styles.tools}>
          <AttemptPicker />
        </div>
        {none || (error !== null && ConnectError.from(error).code === Refusal.NotFound) ? (
          <EmptyState title={none || ended ? 'It wrote no report' : 'No report yet'}>
            A task with a report shows tables, pictures and plots here:
            <Code block className={styles.how}>
              {HOW}
            </Code>
            {!ended && !none && (
              <Button variant="default" mt="sm" onClick={() => void refetch()} loading={isFetching}>
                Look again
              </Button>
            )}
          </EmptyState>
        ) : (
          <ErrorBanner title="The report can’t be shown" error={error} onRetry={() => void refetch()} />
        )}
      </>
    );
  return (
    <>
      <div className={styles.tools}>
        <AttemptPicker />
        <Group gap={6} ml="auto">
          <Button
            variant="default"
            leftSection={<IconRefresh size={14} />}
            onClick={() => void refetch()}
            loading={isFetching}
          >
            Load again
          </Button>
          <Button
            component="a"
            variant="default"
            href={data}
            target="_blank"
            rel="noreferrer"
            leftSection={<IconExternalLink size={14} />}
          >
            Open alone
          </Button>
        </Group>
      </div>
      <iframe
        key={data}
        className={styles.frame}
        title={`Report of ${id.name}`}
        src={data}
        // Scripts for tabs and plots; without allow-same-origin it is an origin of its own, with nothing in it.
        sandbox="allow-scripts"
        referrerPolicy="no-referrer"
      />
    </>
  );
}
