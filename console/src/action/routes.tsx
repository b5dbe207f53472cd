import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '../app/lazy-page.tsx';
import { runRoute, trackedRunRoute } from '../run/base-routes.tsx';
import { parseActionSearch } from './action-search.ts';

/** One action of a run, in the side panel of the run's page. */
export const actionRoute = createRoute({
  getParentRoute: () => runRoute,
  path: '/actions/$action',
  validateSearch: parseActionSearch,
  component: lazyPage(() => import('./action-panel.tsx'), 'ActionPanel'),
});

/** One action of a tracked run. */
export const trackedActionRoute = createRoute({
  getParentRoute: () => trackedRunRoute,
  path: '/actions/$action',
  validateSearch: parseActionSearch,
  component: lazyPage(() => import('./action-panel.tsx'), 'ActionPanel'),
});
