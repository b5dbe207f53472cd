import pg from 'pg';

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 10_000;

/** The channel on which processes tell each other that they wrote; the payload says who. */
export const HINTS = 'runs_changes';

/**
 * Listens for hints of other processes (not those that `self` sent) on a connection of its own. When that connection breaks it is replaced, after a pause that
 * doubles and is spread at random, and because hints may have been lost meanwhile `onHint` is called once after each reconnection.
 */
export async function listenForHints(
  config: pg.ClientConfig,
  self: string,
  onHint: () => void,
  onState: (connected: boolean) => void,
): Promise<{ close(): Promise<void> }> {
  let closed = false;
  let delay = FIRST_DELAY_MS;
  let timer: NodeJS.Timeout | undefined;
  let client: pg.Client | undefined;

  const retry = () => {
    if (closed || timer !== undefined) return;
    timer = setTimeout(
      () => {
        timer = undefined;
        void connect();
      },
      delay * (0.5 + Math.random()),
    );
    timer.unref();
    delay = Math.min(delay * 2, MAX_DELAY_MS);
  };

  const connect = async (): Promise<void> => {
    const next = new pg.Client({ ...config, application_name: `${config.application_name} listener` });
    const lost = () => {
      if (client !== next) return;
      client = undefined;
      onState(false);
      next.end().catch(() => {});
      retry();
    };
    next.on('error', lost);
    next.on('end', lost);
    next.on('notification', ({ payload }) => {
      if (payload !== self) onHint();
    });
    try {
      await next.connect();
      await next.query(`listen ${HINTS}`);
      if (closed) return void (await next.end());
      client = next;
      delay = FIRST_DELAY_MS;
      onState(true);
      onHint();
    } catch {
      next.end().catch(() => {});
      retry();
    }
  };

  await connect();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      const last = client;
      client = undefined;
      await last?.end().catch(() => {});
    },
  };
}
