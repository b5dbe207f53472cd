import { createRoute, redirect } from '@tanstack/react-router';
import { lazyPage } from '../app/lazy-page.tsx';
import { scopeRoute } from '../app/base-routes.tsx';
import { parseRunsSearch } from './runs-search.ts';

/** The lists of runs and of tracked runs. */
export const runsRoutes = [
  createRoute({
    getParentRoute: () => scopeRoute,
    path: '/',
    beforeLoad: ({ params }) => {
      throw redirect({ to: '/v2/domain/$domain/project/$project/runs', params, replace: true });
    },
  }),
  createRoute({
    getParentRoute: () => scopeRoute,
    path: '/runs',
    validateSearch: parseRunsSearch,
    component: lazyPage(() => import('./runs-page.tsx'), 'RunsPage'),
  }),
  createRoute({
    getParentRoute: () => scopeRoute,
    path: '/tracked-runs',
    validateSearch: parseRunsSearch,
    component: lazyPage(() => import('./runs-page.tsx'), 'TrackedRunsPage'),
  }),
] as const;
