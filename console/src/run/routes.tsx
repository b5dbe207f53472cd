import { actionRoute, trackedActionRoute } from '../action/routes.tsx';
import { runRoute, trackedRunRoute } from './base-routes.tsx';

/** A run and its actions, executed or tracked. */
export const runRoutes = [
  runRoute.addChildren([actionRoute]),
  trackedRunRoute.addChildren([trackedActionRoute]),
] as const;
