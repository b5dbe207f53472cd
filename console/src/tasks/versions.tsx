import { Link } from '@tanstack/react-router';
import type { Scope } from '../api/scope.ts';
import { MoreButton } from '../shared/more-button.tsx';
import { personName } from '../shared/people.ts';
import { PhaseIcon } from '../shared/phase-badge.tsx';
import styles from '../shared/table.module.css';
import { Time } from '../shared/time.tsx';
import type { useVersions } from './use-tasks.ts';

interface VersionsProps {
  readonly scope: Scope;
  readonly name: string;
  readonly list: ReturnType<typeof useVersions>;
  /** The version that the page shows. */
  readonly shown: string | undefined;
}

/** The versions of a task, the newest first. */
export function Versions({ scope, name, list, shown }: VersionsProps) {
  const versions = list.data?.pages.flatMap((page) => page.versions) ?? [];
  return (
    <div className={styles.frame}>
      <table className={styles.table}>
        <caption className="visually-hidden">Versions</caption>
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col" data-number>
              Deployed
            </th>
            <th scope="col">By</th>
            <th scope="col">Latest run</th>
          </tr>
        </thead>
        <tbody>
          {versions.map(({ version, deployedAt, deployedBy, latestRun }) => (
            <tr key={version} aria-current={version === shown || undefined}>
              <td className="mono">
                <Link
                  to="/v2/domain/$domain/project/$project/tasks/$name"
                  params={{ ...scope, name }}
                  search={{ version, tab: 'versions' }}
                >
                  {version}
                </Link>
                {version === shown && <span className="muted"> shown</span>}
              </td>
              <td data-number>
                <Time at={deployedAt} />
              </td>
              <td>{personName(deployedBy) || '–'}</td>
              <td>
                {latestRun?.runId === undefined ? (
                  <span className="muted">–</span>
                ) : (
                  <>
                    <PhaseIcon phase={latestRun.phase} titled />{' '}
                    <Link
                      to="/v2/domain/$domain/project/$project/runs/$name"
                      params={{ ...scope, name: latestRun.runId.name }}
                      className="mono"
                    >
                      {latestRun.runId.name}
                    </Link>
                  </>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <MoreButton list={list} of="versions" />
    </div>
  );
}
