import { useSyncExternalStore } from 'react';

// What a person chose, kept in this browser. A page works without it: storage may be forbidden or full.
const PREFIX = 'console.';
const remembered = new Map<string, string>();
const listeners = new Set<() => void>();

/** The value kept under the name, or `fallback`. */
export function readSetting(name: string, fallback: string): string {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  try {
    return localStorage.getItem(PREFIX + name) ?? fallback;
  } catch {
    return fallback;
  }
}

/** Keeps the value for this page and, where the browser allows it, for later ones. */
export function writeSetting(name: string, value: string): void {
  remembered.set(name, value);
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // It lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

/** The value kept under the name, and how to change it. */
export function useSetting<T extends string>(name: string, fallback: T): [T, (value: T) => void] {
  const value = useSyncExternalStore(subscribe, () => readSetting(name, fallback));
  return [value as T, (next) => writeSetting(name, next)];
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
