import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '../app/lazy-page.tsx';
import { scopeRoute } from '../app/base-routes.tsx';
import { one } from '../app/search.ts';

/** Which two runs are compared, by their names. */
export interface CompareSearch {
  readonly a?: string;
  readonly b?: string;
}

/** Two runs side by side: `?a=…&b=…`. */
export const compareRoutes = [
  createRoute({
    getParentRoute: () => scopeRoute,
    path: '/compare',
    validateSearch: (search): CompareSearch => {
      const [a, b] = [one(search.a), one(search.b)];
      return { ...(a !== undefined && { a }), ...(b !== undefined && { b }) };
    },
    component: lazyPage(() => import('./compare-page.tsx'), 'ComparePage'),
  }),
] as const;
