import { createRootRoute, createRoute, Outlet } from '@tanstack/react-router';
import { lazyPage } from './lazy-page.tsx';
import { NotFound } from './not-found.tsx';
import { PageError } from './page-error.tsx';
import { Shell } from './shell.tsx';

/** Every page is shown inside the shell. */
export const rootRoute = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  errorComponent: PageError,
});

/** Which project? Goes to the one used last, unless there is none or `?choose=1` asks for the list. */
export const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  validateSearch: (search): { choose?: true } => (search.choose === undefined ? {} : { choose: true }),
  component: lazyPage(() => import('./home-page.tsx'), 'HomePage'),
});

/** All that belongs to one project in one domain. The SDK prints addresses below it. */
export const scopeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/v2/domain/$domain/project/$project',
  component: Outlet,
});
