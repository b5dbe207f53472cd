import { createHash } from 'node:crypto';

/** Which tasks a cached result serves: those of the run's project and domain, or those of the whole organization. */
export interface CacheRealm {
  readonly org_key: string;
  readonly project: string;
  readonly domain: string;
  readonly isGlobal: boolean;
}

/** What executions have in common that wait for each other's result; of a bounded length, which a cache key need not have. */
export function serialKey({ org_key, project, domain, isGlobal }: CacheRealm, cacheKey: string): string {
  const place = isGlobal ? [org_key] : [org_key, project, domain];
  return createHash('sha256')
    .update(JSON.stringify([...place, cacheKey]))
    .digest('hex');
}
