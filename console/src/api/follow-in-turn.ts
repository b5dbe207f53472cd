import { type Followed, follow, type World } from './follow.ts';
import type { Slot } from './stream-slots.ts';

/** Snapshots have no mark at their end: one has ended once nothing came for a while. */
const QUIET_MS = 400;
/** A snapshot is not read for longer than this where other tabs have the right to the connection. */
const LONGEST_MS = 5000;
/** Nor is its beginning waited for any longer than this. */
const FIRST_MS = 30_000;

/**
 * Follows a stream as long as `slot` allows. While it does not, the stream is opened only to read what is there, and is `paused` then.
 * Closes the slot in the end. Never throws.
 */
export async function followInTurn<M>(
  followed: Followed<M>,
  slot: Slot,
  signal: AbortSignal,
  world?: World,
): Promise<void> {
  const close = () => slot.close();
  signal.addEventListener('abort', close);
  try {
    while (!signal.aborted) {
      const isOver = await takeTurn(followed, slot, signal, world);
      if (isOver || signal.aborted) return;
      followed.onState('paused');
      await granted(slot, signal);
    }
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

/** Answers whether nothing more is to be expected of the stream. */
async function takeTurn<M>(
  followed: Followed<M>,
  slot: Slot,
  signal: AbortSignal,
  world: World | undefined,
): Promise<boolean> {
  const turn = new AbortController();
  let since = Date.now();
  let begun = false;
  let live = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const check = () => {
    clearTimeout(timer);
    if (slot.granted()) return;
    const left = since + (begun ? LONGEST_MS : FIRST_MS) - Date.now();
    timer = setTimeout(() => turn.abort(), Math.max(0, begun ? Math.min(QUIET_MS, left) : left));
  };
  const forget = slot.subscribe(() => {
    if (live && slot.granted()) followed.onState('live');
    check();
  });
  check();
  try {
    await follow<M>(
      {
        open: (inner) => followed.open(inner),
        onMessage: (message, first) => {
          if (first) [begun, since] = [true, Date.now()];
          followed.onMessage(message, first);
          check();
        },
        onState: (state, error) => {
          live = state === 'live';
          // What is read and then left alone is not live.
          if (!live || slot.granted()) followed.onState(state, error);
          // A stream that broke begins anew.
          if (state === 'reconnecting' || state === 'offline') [begun, since] = [false, Date.now()];
        },
      },
      AbortSignal.any([signal, turn.signal]),
      world,
    );
    return !turn.signal.aborted;
  } finally {
    clearTimeout(timer);
    forget();
  }
}

function granted(slot: Slot, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (!slot.granted() && !signal.aborted) return;
      forget();
      signal.removeEventListener('abort', check);
      resolve();
    };
    const forget = slot.subscribe(check);
    signal.addEventListener('abort', check);
    check();
  });
}
