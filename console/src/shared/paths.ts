import type { RunKind } from '../api/run-kind.ts';
import type { Scope } from '../api/scope.ts';

/** The address of the page of a run; the SDK prints the same one. */
export function runPath({ domain, project }: Scope, kind: RunKind, name: string): string {
  const [d, p, n] = [domain, project, name].map(encodeURIComponent);
  return `/v2/domain/${d}/project/${p}/${kind}/${n}`;
}
