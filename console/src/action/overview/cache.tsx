import { CatalogCacheStatus } from '../../../../src/gen/flyteidl2/core/catalog_pb.js';
import type { ActionDetails } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { useRun } from '../../run/run-context.ts';
import { KeyValues } from '../../shared/key-values.tsx';
import { actionPath } from '../../shared/paths.ts';
import panel from '../action-panel.module.css';

const WORDS: Readonly<Record<number, string>> = {
  [CatalogCacheStatus.CACHE_MISS]: 'miss: no earlier result was found, so it ran',
  [CatalogCacheStatus.CACHE_HIT]: 'hit: an earlier result was taken',
  [CatalogCacheStatus.CACHE_POPULATED]: 'populated: it ran, and its result was kept for others',
  [CatalogCacheStatus.CACHE_LOOKUP_FAILURE]: 'the cache could not be asked, so it ran',
  [CatalogCacheStatus.CACHE_PUT_FAILURE]: 'the result could not be kept',
  [CatalogCacheStatus.CACHE_SKIPPED]: 'skipped: the run asked for a new result',
  [CatalogCacheStatus.CACHE_EVICTED]: 'evicted: an earlier result was removed',
};

/** Whether the result came from the cache, or went there; nothing for tasks that are not cached. */
export function Cache({ details }: { readonly details: ActionDetails }) {
  const { scope, kind } = useRun();
  const metadata = details.spec.case === 'task' ? details.spec.value.taskTemplate?.metadata : undefined;
  const status = details.status?.cacheStatus ?? CatalogCacheStatus.CACHE_DISABLED;
  if (metadata?.discoverable !== true && status === CatalogCacheStatus.CACHE_DISABLED) return null;
  const source = details.attempts.at(-1)?.cacheMetadata?.sourceActionAttempt?.actionId;
  return (
    <section className={panel.section} aria-label="Cache">
      <h3>Cache</h3>
      <KeyValues
        pairs={[
          ['Status', WORDS[status] ?? 'not asked yet'],
          ['Version', metadata?.discoveryVersion],
          ['Ignored inputs', metadata?.cacheIgnoreInputVars.join(', ')],
          ['One at a time', metadata?.cacheSerializable ? 'yes' : undefined],
          [
            'Result of',
            source?.run && (
              <a className="mono" href={actionPath(scope, kind, source.run.name, source.name)}>
                {source.run.name} / {source.name}
              </a>
            ),
          ],
        ]}
      />
    </section>
  );
}
