import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '../app/lazy-page.tsx';
import { scopeRoute } from '../app/base-routes.tsx';
import { one } from '../app/search.ts';
import { TASK_TABS, type TaskSearch } from './task-search.ts';

/** The list of tasks (`?q=` is part of a name), and one of them (`?version=`, the newest without; `?tab=`, its runs without). */
export const tasksRoutes = [
  createRoute({
    getParentRoute: () => scopeRoute,
    path: '/tasks',
    validateSearch: (search): { q?: string } => {
      const q = one(search.q)?.slice(0, 200);
      return q === undefined ? {} : { q };
    },
    component: lazyPage(() => import('./tasks-page.tsx'), 'TasksPage'),
  }),
  createRoute({
    getParentRoute: () => scopeRoute,
    path: '/tasks/$name',
    validateSearch: (search): TaskSearch => {
      const version = one(search.version);
      const tab = TASK_TABS.find((known) => known === one(search.tab));
      return { ...(version !== undefined && { version }), ...(tab !== undefined && { tab }) };
    },
    component: lazyPage(() => import('./task-page.tsx'), 'TaskPage'),
  }),
] as const;
