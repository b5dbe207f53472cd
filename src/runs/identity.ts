/** A run's identity as clients write it. In `shared` organizations `org` is stored and shown but never tells two runs apart. */
export interface RunKey {
  readonly org: string;
  readonly project: string;
  readonly domain: string;
  readonly name: string;
}

/** An action's identity: its run and its name; the root action is named ROOT_ACTION. */
export interface ActionKey {
  readonly run: RunKey;
  readonly name: string;
}

/** The name of every run's root action. */
export const ROOT_ACTION = 'a0';

/** How organizations tell things apart: not at all (`shared`), or as part of every key (`separate`). */
export type Organizations = 'shared' | 'separate';

/** The organization as it stands in unique keys: empty where organizations are shared. */
export function orgKey(organizations: Organizations, org: string): string {
  return organizations === 'separate' ? org : '';
}

/** `project/domain/name`, for messages that people read. */
export function runText(run: RunKey): string {
  return `${run.project}/${run.domain}/${run.name}`;
}

/** `project/domain/run/action`, for messages that people read. */
export function actionText(action: ActionKey): string {
  return `${runText(action.run)}/${action.name}`;
}
