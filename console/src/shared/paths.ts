import { withOrganization } from '../api/organization.ts';
import type { RunKind } from '../api/run-kind.ts';
import type { Scope } from '../api/scope.ts';

/** The address of the page of a run; the SDK prints the same one. */
export function runPath(scope: Scope, kind: RunKind, name: string): string {
  return withOrganization(pathOf(scope, kind, name));
}

/** The address of an action of a run. */
export function actionPath(scope: Scope, kind: RunKind, name: string, action: string): string {
  return withOrganization(`${pathOf(scope, kind, name)}/actions/${encodeURIComponent(action)}`);
}

function pathOf({ domain, project }: Scope, kind: RunKind, name: string): string {
  const [d, p, n] = [domain, project, name].map(encodeURIComponent);
  return `/v2/domain/${d}/project/${p}/${kind}/${n}`;
}
