import { StreamSlots, type TabChannel } from './stream-slots.ts';

/** Of six connections to an origin, two are left for everything else that a page asks. */
const MOST = 4;

/** Nobody else is there. */
const alone: TabChannel = { postMessage: () => undefined, addEventListener: () => undefined };

/** The streams of this tab among those of all tabs that show this console. */
export const tabSlots = new StreamSlots({
  // Not randomUUID: plain HTTP from another machine has no such thing.
  tab: `${Date.now()} ${Math.random()}`,
  most: isMultiplexed() ? Number.POSITIVE_INFINITY : MOST,
  channel: typeof BroadcastChannel === 'undefined' ? alone : new BroadcastChannel('console.streams'),
  usedAt: document.visibilityState === 'visible' ? Date.now() : 0,
  now: Date.now,
});

addEventListener('focus', () => tabSlots.use());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') tabSlots.use();
});
// A window can have the focus all the time while others are opened by scripts and tools.
for (const type of ['pointerdown', 'keydown'] as const)
  addEventListener(type, () => tabSlots.waits() && tabSlots.use(), { capture: true, passive: true });
addEventListener('pagehide', () => tabSlots.leave());
addEventListener('pageshow', ({ persisted }) => persisted && tabSlots.comeBack());

/** HTTP/2 carries any number of streams in one connection. */
function isMultiplexed(): boolean {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return /^h[23]/.test(navigation?.nextHopProtocol ?? '');
}
