import { useEffect, useMemo, useRef, useState } from 'react';
import { useFrameStore } from '../../api/use-page-stream.ts';
import { useAction } from '../action-context.ts';
import { LogSearch } from './log-search.ts';
import type { LogText } from './log-text.ts';

/** While somebody types, the address is not changed at each letter. */
const TYPING_MS = 300;

/** The search in a log, whose text is part of the address. */
export function useLogSearch(log: LogText): {
  search: LogSearch;
  query: string;
  setQuery: (query: string) => void;
} {
  const { search: address, change } = useAction();
  const [query, setQuery] = useState(address.grep ?? '');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const search = useMemo(() => new LogSearch(log, query), [log, query]);
  useFrameStore(search.frames);
  const version = useFrameStore(log.frames);
  useEffect(() => {
    if (version < 0) return;
    let next: ReturnType<typeof setTimeout> | undefined;
    const go = () => {
      next = search.step() ? setTimeout(go) : undefined;
    };
    go();
    return () => clearTimeout(next);
  }, [search, version]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return {
    search,
    query,
    setQuery: (text) => {
      setQuery(text);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => change({ grep: text || undefined }), TYPING_MS);
    },
  };
}
