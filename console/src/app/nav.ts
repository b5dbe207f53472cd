/** The pages of a project, as the header shows them; `key` after `g` goes there. A page stands here once it exists. */
export const NAV = [
  { label: 'Runs', key: 'r', to: '/v2/domain/$domain/project/$project/runs' },
  { label: 'Tracked runs', key: 'k', to: '/v2/domain/$domain/project/$project/tracked-runs' },
  { label: 'Tasks', key: 't', to: '/v2/domain/$domain/project/$project/tasks' },
  { label: 'Triggers', key: 'i', to: '/v2/domain/$domain/project/$project/triggers' },
] as const;
