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

/** Calls the listener after each change, until the answer is called. */
export function onSetting(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
