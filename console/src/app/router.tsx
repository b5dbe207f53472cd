import { createRouter } from '@tanstack/react-router';
import { completeAddress, withOrganization } from '../api/organization.ts';
import { homeRoute, rootRoute, scopeRoute } from './base-routes.tsx';
import { compareRoutes } from '../compare/routes.tsx';
import { runRoutes } from '../run/routes.tsx';
import { runsRoutes } from '../runs/routes.tsx';
import { tasksRoutes } from '../tasks/routes.tsx';
import { triggersRoutes } from '../triggers/routes.tsx';
import { parseSearch, stringifySearch } from './search.ts';

const routeTree = rootRoute.addChildren([
  homeRoute,
  scopeRoute.addChildren([...runsRoutes, ...runRoutes, ...tasksRoutes, ...triggersRoutes, ...compareRoutes]),
]);

completeAddress();

/** Which page stands under which address. */
export const router = createRouter({
  routeTree,
  // Where organizations are kept apart, the address says which; pages need not know.
  parseSearch: (text) => {
    const { org: _, ...search } = parseSearch(text);
    return search;
  },
  stringifySearch: (search) => withOrganization(stringifySearch(search)),
  defaultPreload: 'intent',
  // Live pages hold their own data; a preloaded page is only its code.
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
