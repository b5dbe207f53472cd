import type { Place } from './place.ts';
import type { Row } from './rows.ts';

/** How much to measure: the quick form, or the one for good figures. */
export interface Effort {
  readonly full: boolean;
  /** Slices of each load, and seconds of each slice. */
  readonly rounds: number;
  readonly seconds: number;
}

/** What measures some lines of the table. */
export interface Scenario {
  readonly name: string;
  /** One line for those who choose. */
  readonly about: string;
  /** True for what only the full form and its name call up. */
  readonly fullOnly?: boolean;
  /** True for what only its name calls up. */
  readonly onlyByName?: boolean;
  run(place: Place, effort: Effort): Promise<Row[]>;
}
