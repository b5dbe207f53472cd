import type { Place } from './place.ts';
import type { Service } from './service.ts';

/** Holds one thing to be true, under a name. */
export type CheckThat = (name: string, test: () => Promise<void> | void) => Promise<void>;

/** Something that people do with Flyte, and what they find. */
export interface Journey {
  /** The names of its runs begin with it; unique. */
  readonly name: string;
  /** Set if it waits for a clock most of its time: it need not wait for its turn as well. */
  readonly patient?: boolean;
  go(place: Place, check: CheckThat, service: Service): Promise<void>;
}

/** Hears what comes of checks. */
export interface Listener {
  passed(check: string, seconds: number): void;
  failed(check: string, error: unknown): void;
}

/** Goes journeys side by side, at most so many at once beside the patient ones. A journey ends with its first check that fails. */
export async function goTogether(
  journeys: readonly Journey[],
  service: Service,
  atOnce: number,
  listener: Listener,
): Promise<void> {
  const waiting = journeys.filter(({ patient }) => !patient);
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await go(next, service, listener);
    }
  };
  const patient = journeys.filter((journey) => journey.patient);
  await Promise.all([
    ...patient.map((journey) => go(journey, service, listener)),
    ...Array.from({ length: atOnce }, worker),
  ]);
}

async function go(journey: Journey, service: Service, listener: Listener): Promise<void> {
  const started = performance.now();
  let last = journey.name;
  const check: CheckThat = async (name, test) => {
    last = name;
    await test();
    listener.passed(name, (performance.now() - started) / 1000);
  };
  await journey.go(service.place, check, service).catch((error: unknown) => listener.failed(last, error));
}
