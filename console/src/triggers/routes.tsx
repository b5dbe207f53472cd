import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '../app/lazy-page.tsx';
import { scopeRoute } from '../app/base-routes.tsx';
import { one } from '../app/search.ts';

/** The list of triggers; `?q=` is part of a name. */
export const triggersRoutes = [
  createRoute({
    getParentRoute: () => scopeRoute,
    path: '/triggers',
    validateSearch: (search): { q?: string } => {
      const q = one(search.q)?.slice(0, 200);
      return q === undefined ? {} : { q };
    },
    component: lazyPage(() => import('./triggers-page.tsx'), 'TriggersPage'),
  }),
] as const;
