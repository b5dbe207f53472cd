import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { scopeRoute } from '../app/base-routes.tsx';
import { one } from '../app/search.ts';

/** The list of deployed tasks (`?q=` is part of a name), and one of them (`?version=`, the newest without). */
export const tasksRoutes = [
  createRoute({
    getParentRoute: () => scopeRoute,
    path: '/tasks',
    validateSearch: (search): { q?: string } => {
      const q = one(search.q)?.slice(0, 200);
      return q === undefined ? {} : { q };
    },
    component: lazyRouteComponent(() => import('./tasks-page.tsx'), 'TasksPage'),
  }),
  createRoute({
    getParentRoute: () => scopeRoute,
    path: '/tasks/$name',
    validateSearch: (search): { version?: string } => {
      const version = one(search.version);
      return version === undefined ? {} : { version };
    },
    component: lazyRouteComponent(() => import('./task-page.tsx'), 'TaskPage'),
  }),
] as const;
