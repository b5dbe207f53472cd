import { useEffect, useRef, useSyncExternalStore } from 'react';
import { setConnection } from './connection.ts';
import type { Followed } from './follow.ts';
import { followInTurn } from './follow-in-turn.ts';
import type { FrameStore } from './frame-store.ts';
import { watchSeen } from './seen.ts';
import { tabSlots } from './tab-slots.ts';

const seen = watchSeen(document, 60_000);

/**
 * Follows THE stream of the page while the component is shown, and shows its state in the header. `key` names what is followed: a
 * new key closes the stream and opens another; undefined opens none. Browsers allow six connections to an origin over HTTP/1.1, so a
 * page has one stream, and what else it needs it asks for. All tabs share the six: those that were used last hold their streams, the
 * others show what there was; one that nobody looks at gives its stream up after a minute, and opens it again when somebody does.
 */
export function usePageStream<M>(key: string | undefined, followed: Omit<Followed<M>, 'onState'>): void {
  const latest = useRef(followed);
  const isSeen = useSyncExternalStore(seen.subscribe, seen.read);
  useEffect(() => {
    latest.current = followed;
  });
  useEffect(() => {
    if (key === undefined || !isSeen) return;
    const stop = new AbortController();
    void followInTurn<M>(
      {
        open: (signal) => latest.current.open(signal),
        onMessage: (message, first) => latest.current.onMessage(message, first),
        onState: (state, error) => setConnection({ state, error }),
      },
      tabSlots.open(),
      stop.signal,
    );
    return () => {
      stop.abort();
      setConnection(undefined);
    };
  }, [key, isSeen]);
}

/** Renders again after each frame in which the store changed; the number answered changes with it (for useMemo). */
export function useFrameStore(store: FrameStore): number {
  return useSyncExternalStore(store.subscribe, store.version);
}
