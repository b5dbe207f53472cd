import { useEffect, useRef, useSyncExternalStore } from 'react';

/** Something the page that is shown offers in the palette. */
export interface PaletteAction {
  readonly label: string;
  readonly description?: string;
  run(): void;
}

let offered: readonly (readonly PaletteAction[])[] = [];
const listeners = new Set<() => void>();

function change(next: typeof offered): void {
  offered = next;
  for (const listener of listeners) listener();
}

/** Offers the actions in the palette while the component is shown. */
export function useOffer(actions: readonly PaletteAction[]): void {
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  });
  const labels = actions.map(({ label }) => label).join('\n');
  useEffect(() => {
    if (labels === '') return;
    const group = labels.split('\n').map((label) => ({
      label,
      run: () => latest.current.find((action) => action.label === label)?.run(),
    }));
    change([...offered, group]);
    return () => change(offered.filter((other) => other !== group));
  }, [labels]);
}

/** What all parts of the page offer. */
export function usePaletteActions(): readonly PaletteAction[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => offered,
  ).flat();
}
