import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { WAITING_FOR_HINTS } from './advisory-locks.ts';
import type { HintHooks, HintListener } from './dialect.ts';

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 10_000;

/** The channel on which processes tell each other that they wrote; the payload says who, after a `?` that he waits for hints. */
const CHANNEL = 'runs_changes';
const ASKS = '?';

/**
 * What the processes on one database tell each other. Who waits for hints holds an advisory lock, together with all others who do; it ends
 * with his connection, however that ends.
 */
export class PostgresHints {
  readonly #config: pg.ClientConfig;
  readonly #pool: pg.Pool;
  readonly #self = randomUUID();
  /** The backend of our listener, 0 while there is none. */
  #backend = 0;

  constructor(config: pg.ClientConfig, pool: pg.Pool) {
    this.#config = config;
    this.#pool = pool;
  }

  async notify(): Promise<void> {
    await this.#pool.query('select pg_notify($1, $2)', [CHANNEL, this.#self]);
  }

  /** Whether another process waits. One that has ended without a word may seem to for a while. */
  async isAwaited(): Promise<boolean> {
    const { rows } = await this.#pool.query(
      `select 1 from pg_locks where locktype = 'advisory' and classid = $1::int8::oid and objid = $2::int8::oid and objsubid = 2
         and database = (select oid from pg_database where datname = current_database()) and granted and pid <> $3 limit 1`,
      [...WAITING_FOR_HINTS, this.#backend],
    );
    return rows.length > 0;
  }

  /**
   * Listens on a connection of its own. When that breaks it is replaced, after a pause that doubles and is spread at random; then
   * `onConnected` is called, and because hints may have been lost meanwhile `onHint`.
   */
  async listen(hooks: HintHooks): Promise<HintListener> {
    let closed = false;
    let delay = FIRST_DELAY_MS;
    let timer: NodeJS.Timeout | undefined;
    let client: pg.Client | undefined;
    let wanted = false;
    /** What the connection has been told. */
    let asked = false;
    let telling = Promise.resolve();

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

    const lost = (broken: pg.Client) => {
      if (client !== broken) return;
      client = undefined;
      this.#backend = 0;
      broken.end().catch(() => {});
      retry();
    };

    const tell = async (): Promise<void> => {
      const on = client;
      if (on === undefined || asked === wanted) return;
      try {
        asked = wanted;
        if (wanted) {
          // The lock first: whoever hears the word, or looks for the lock later, knows; nobody who looked before can miss the word.
          await on.query('select pg_advisory_lock_shared($1, $2)', [...WAITING_FOR_HINTS]);
          await on.query('select pg_notify($1, $2)', [CHANNEL, `${ASKS}${this.#self}`]);
        } else await on.query('select pg_advisory_unlock_shared($1, $2)', [...WAITING_FOR_HINTS]);
      } catch {
        lost(on);
      }
    };
    const tellInTurn = () => {
      telling = telling.then(tell);
    };

    const connect = async (): Promise<void> => {
      const next = new pg.Client({
        ...this.#config,
        application_name: `${this.#config.application_name} listener`,
      });
      next.on('error', () => lost(next));
      next.on('end', () => lost(next));
      next.on('notification', ({ payload = '' }) => {
        if (payload.startsWith(ASKS)) {
          if (payload !== `${ASKS}${this.#self}`) hooks.onAsked();
        } else if (payload !== this.#self) hooks.onHint();
      });
      try {
        await next.connect();
        await next.query(`listen ${CHANNEL}`);
        const { rows } = await next.query<{ pid: number }>('select pg_backend_pid() as pid');
        if (closed) return void (await next.end());
        client = next;
        this.#backend = rows[0]?.pid ?? 0;
        delay = FIRST_DELAY_MS;
        asked = false;
        tellInTurn();
        hooks.onConnected();
        hooks.onHint();
      } catch {
        next.end().catch(() => {});
        retry();
      }
    };

    await connect();
    return {
      ask(value) {
        wanted = value;
        tellInTurn();
      },
      close: async () => {
        closed = true;
        clearTimeout(timer);
        const last = client;
        client = undefined;
        this.#backend = 0;
        await last?.end().catch(() => {});
      },
    };
  }
}
