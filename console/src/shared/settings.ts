import { useSyncExternalStore } from 'react';
import { onSetting, readSetting, writeSetting } from './kept-settings.ts';

/** The value kept under the name, and how to change it. */
export function useSetting<T extends string>(name: string, fallback: T): [T, (value: T) => void] {
  const value = useSyncExternalStore(onSetting, () => readSetting(name, fallback));
  return [value as T, (next) => writeSetting(name, next)];
}
