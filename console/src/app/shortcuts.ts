import { useEffect, useRef, useSyncExternalStore } from 'react';

/** A key that does something on the page that is shown. */
export interface Shortcut {
  /** As KeyboardEvent.key names it: `j`, `?`, `Enter`, `Escape`; two keys in a row with a blank between: `g r`. */
  readonly keys: string;
  /** What it does, for the help. */
  readonly label: string;
  /** Answers false if it did nothing: then the browser does what it would. */
  run(event: KeyboardEvent): unknown;
}

type Group = readonly Shortcut[];

// Later groups win: a panel's Escape comes before its page's.
let groups: readonly Group[] = [];
let pending = '';
let forget: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function change(next: readonly Group[]): void {
  if (groups.length === 0 && next.length > 0) document.addEventListener('keydown', onKey);
  if (groups.length > 0 && next.length === 0) document.removeEventListener('keydown', onKey);
  groups = next;
  for (const listener of listeners) listener();
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(event.target) || isSomethingOpen()) return;
  // Enter and blank belong to the button or link that has the focus.
  if ((event.key === 'Enter' || event.key === ' ') && isControl(event.target)) return;
  const all = groups.toReversed().flat();
  const sequence = pending === '' ? event.key : `${pending} ${event.key}`;
  pending = '';
  clearTimeout(forget);
  const found = all.find(({ keys }) => keys === sequence) ?? all.find(({ keys }) => keys === event.key);
  if (found !== undefined) {
    if (found.run(event) !== false) event.preventDefault();
    return;
  }
  if (all.some(({ keys }) => keys.startsWith(`${event.key} `))) {
    pending = event.key;
    forget = setTimeout(() => {
      pending = '';
    }, 1200);
  }
}

/** Dialogs and lists have keys of their own. */
function isSomethingOpen(): boolean {
  const open = document.querySelectorAll('[role="dialog"], [role="menu"], [role="listbox"]');
  return [...open].some((element) => element.checkVisibility());
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input:not([type="checkbox"]), textarea, select'))
  );
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('a, button, summary, [role="button"]') !== null;
}

/** Makes the keys work while the component is shown, and lists them in the help. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  const names = shortcuts.map(({ keys, label }) => `${keys}\t${label}`).join('\n');
  useEffect(() => {
    if (names === '') return;
    const group = names.split('\n').map((line): Shortcut => {
      const [keys = '', label = ''] = line.split('\t');
      return { keys, label, run: (event) => latest.current.find((one) => one.keys === keys)?.run(event) };
    });
    change([...groups, group]);
    return () => change(groups.filter((other) => other !== group));
  }, [names]);
}

/** All keys that work now. */
export function useAllShortcuts(): readonly Shortcut[] {
  const all = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => groups,
  );
  return all.flat();
}
