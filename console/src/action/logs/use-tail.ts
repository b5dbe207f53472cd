import { Code, ConnectError } from '@connectrpc/connect';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { ActionIdentifier } from '../../../../src/gen/flyteidl2/common/identifier_pb.js';
import type { TailLogsResponse } from '../../../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { dataClient } from '../../api/data-client.ts';
import type { StreamState } from '../../api/follow.ts';
import { followInTurn } from '../../api/follow-in-turn.ts';
import { FrameStore } from '../../api/frame-store.ts';
import { watchSeen } from '../../api/seen.ts';
import { tabSlots } from '../../api/tab-slots.ts';
import { calmly, withBreaks } from '../../run/pace.ts';
import { LogText } from './log-text.ts';

/** Lines that come in faster than this are shown together. */
const PAUSE_MS = 120;

const seen = watchSeen(document, 60_000);

/** A log, and where its stream stands. */
export interface Tail {
  readonly log: LogText;
  readonly state: StreamState;
  /** Why it is `failed` or `reconnecting`. */
  readonly error: unknown;
}

/**
 * Follows the log of an attempt while the component is shown and somebody looks at the page. `ended`: whether the attempt is over;
 * until then a log that is not there yet is waited for.
 */
export function useTail(id: ActionIdentifier, attempt: number, ended: boolean): Tail {
  const [log] = useState(() => new LogText(new FrameStore(calmly(() => PAUSE_MS))));
  const [{ state, error }, setState] = useState<{ state: StreamState; error?: unknown }>({
    state: 'connecting',
  });
  const isSeen = useSyncExternalStore(seen.subscribe, seen.read);
  const isEnded = useRef(ended);
  useEffect(() => {
    isEnded.current = ended;
  });
  const complete = useRef(false);
  useEffect(() => {
    if (!isSeen || complete.current) return;
    const stop = new AbortController();
    void followInTurn<TailLogsResponse>(
      {
        open: (signal) => {
          log.begin();
          const stream = withBreaks(dataClient.tailLogs({ actionId: id, attempt }, { signal }));
          return untilThere(stream, () => isEnded.current);
        },
        onMessage: ({ logs }) => {
          // Each comes with its end of line.
          for (const { lines } of logs) log.append(lines.map(({ message }) => message.replace(/\n$/, '')));
        },
        onState: (next, reason) => {
          if (next === 'ended') complete.current = true;
          setState({ state: next, error: reason });
        },
      },
      tabSlots.open(),
      stop.signal,
    );
    return () => stop.abort();
  }, [log, id, attempt, isSeen]);
  return { log, state, error };
}

/** The service waits only a while for a log that is not there yet; as long as the attempt goes on, it is asked again. */
async function* untilThere<M>(stream: AsyncIterable<M>, ended: () => boolean): AsyncGenerator<M> {
  try {
    yield* stream;
  } catch (error) {
    const refusal = ConnectError.from(error);
    if (refusal.code !== Code.NotFound || ended()) throw error;
    throw new ConnectError(refusal.rawMessage, Code.Unavailable);
  }
}
