import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '../app/lazy-page.tsx';
import { scopeRoute } from '../app/base-routes.tsx';
import { parseRunSearch } from './run-search.ts';

/** One run. What stands below it is shown in the page's side panel. */
export const runRoute = createRoute({
  getParentRoute: () => scopeRoute,
  path: '/runs/$name',
  validateSearch: parseRunSearch,
  component: lazyPage(() => import('./run-page.tsx'), 'RunPage'),
});

/** One tracked run. */
export const trackedRunRoute = createRoute({
  getParentRoute: () => scopeRoute,
  path: '/tracked-runs/$name',
  validateSearch: parseRunSearch,
  component: lazyPage(() => import('./run-page.tsx'), 'TrackedRunPage'),
});
