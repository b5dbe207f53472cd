import { lazy, Suspense, useEffect, useState } from 'react';
import type { Scope } from '../api/scope.ts';

const load = () => import('./palette.tsx');
const Palette = lazy(async () => ({ default: (await load()).Palette }));

// Nothing of the palette is needed to show a page.
const nobody = () => undefined;
let isWanted = false;
let listener: () => void = nobody;

/** Opens the palette, and loads it if this is the first time. */
export function openPalette(): void {
  isWanted = true;
  listener();
  void load().then(({ openPalette: open }) => open());
}

/** The place of the palette in the page, and its key. */
export function LazyPalette({ scope }: { readonly scope: Scope | undefined }) {
  const [wanted, setWanted] = useState(isWanted);
  useEffect(() => {
    listener = () => setWanted(true);
    return () => {
      listener = nobody;
    };
  }, []);
  useEffect(() => {
    // From then on, the palette knows its key itself.
    if (wanted) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      if (event.shiftKey || event.altKey) return;
      event.preventDefault();
      openPalette();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [wanted]);
  useIdle(load);
  if (!wanted) return null;
  return (
    <Suspense>
      <Palette scope={scope} />
    </Suspense>
  );
}

/** Reads the files while nothing else is to be done, so that the palette opens at once. */
function useIdle(work: () => unknown): void {
  useEffect(() => {
    // Safari has no requestIdleCallback.
    if (typeof requestIdleCallback === 'undefined') return;
    const handle = requestIdleCallback(() => void work(), { timeout: 10_000 });
    return () => cancelIdleCallback(handle);
  }, [work]);
}
