import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import type { Action } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';

/** Actions as lines, each below its parent and siblings sorted, as `  total SUCCEEDED`, for comparing. Throws for an unknown parent. */
export function treeLines(actions: readonly Action[]): string[] {
  const children = Map.groupBy(actions, ({ metadata }) => metadata?.parent ?? '');
  const names = new Set(['', ...actions.map(({ id }) => id?.name)]);
  for (const parent of children.keys()) {
    if (!names.has(parent)) throw new Error(`there is no action ${parent}, which is the parent of another`);
  }
  const below = (parent: string, depth: number): string[] =>
    (children.get(parent) ?? [])
      .map((action) => ({ action, text: '  '.repeat(depth) + actionLine(action) }))
      .sort((a, b) => (a.text < b.text ? -1 : 1))
      .flatMap(({ action, text }) => [text, ...below(action.id?.name ?? '-', depth + 1)]);
  return below('', 0);
}

function actionLine({ metadata, status }: Action): string {
  const attempts = status && status.attempts > 1 ? `, attempt ${status.attempts}` : '';
  const group = metadata?.group ? ` (${metadata.group})` : '';
  return `${metadata?.spec.case} ${metadata?.funtionName}${group} ${ActionPhase[status?.phase ?? 0]}${attempts}`;
}
