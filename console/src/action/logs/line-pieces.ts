/** A piece of a line that looks the same all over. */
export interface Piece {
  readonly text: string;
  /** Words for the style sheet, such as `red bold`; empty for ordinary text. */
  readonly look: string;
  /** It is what was searched for. */
  readonly hit: boolean;
}

/** So much of a line is shown; the rest can be downloaded. */
export const MOST_SHOWN = 4000;

const ESC = String.fromCharCode(27);
const BEL = String.fromCharCode(7);
// Colours; titles and links (OSC); whatever else moves a terminal's cursor.
const CONTROL = new RegExp(
  `${ESC}\\[([0-9;:]*)m|${ESC}\\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)|${ESC}\\[[0-9;?]*[ -/]*[@-~]|${ESC}[ -/]*[0-~]`,
  'g',
);
const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;

/** The text of a line as a terminal would leave it: without control sequences, and with what a progress bar wrote last. */
export function plainText(line: string): string {
  return withoutOverwritten(line.includes(ESC) ? line.replace(CONTROL, '') : line);
}

/** A line in pieces: by the colours that it asks for, and by what is searched in it. */
export function linePieces(line: string, query: string): Piece[] {
  const looked = line.includes(ESC)
    ? coloured(withoutOverwritten(line))
    : [{ text: withoutOverwritten(line), look: '' }];
  const hits = findAll(looked.map(({ text }) => text).join(''), query);
  const pieces: Piece[] = [];
  let at = 0;
  let next = 0;
  for (const { text, look } of looked) {
    let from = 0;
    while (from < text.length && at + from < MOST_SHOWN) {
      while (next < hits.length && (hits[next] ?? 0) + query.length <= at + from) next++;
      const start = (hits[next] ?? Number.POSITIVE_INFINITY) - at;
      const hit = start <= from;
      const to = Math.min(text.length, MOST_SHOWN - at, hit ? start + query.length : start);
      pieces.push({ text: text.slice(from, to), look, hit });
      from = to;
    }
    at += text.length;
  }
  if (at > MOST_SHOWN) {
    pieces.push({
      text: ` … ${(at - MOST_SHOWN).toLocaleString('en-US')} more characters`,
      look: 'faint',
      hit: false,
    });
  }
  return pieces;
}

/** Whether the line holds what is searched. Small letters stand for both. */
export function holds(line: string, query: string): boolean {
  const text = plainText(line);
  return (isSmall(query) ? text.toLowerCase() : text).includes(query);
}

function findAll(text: string, query: string): number[] {
  if (query === '') return [];
  const within = isSmall(query) ? text.toLowerCase() : text;
  const found: number[] = [];
  for (
    let at = within.indexOf(query);
    at >= 0 && found.length < 1000;
    at = within.indexOf(query, at + query.length)
  )
    found.push(at);
  return found;
}

function isSmall(query: string): boolean {
  return query === query.toLowerCase();
}

/** A progress bar writes over itself, with carriage returns. */
function withoutOverwritten(line: string): string {
  if (!line.includes('\r')) return line;
  return line.replace(/\r+$/, '').split('\r').at(-1) ?? '';
}

function coloured(line: string): { text: string; look: string }[] {
  const pieces: { text: string; look: string }[] = [];
  const state = { bold: false, faint: false, colour: '' };
  let from = 0;
  const push = (to: number) => {
    if (to <= from) return;
    const look = [state.colour, state.bold && 'bold', state.faint && 'faint'].filter(Boolean).join(' ');
    pieces.push({ text: line.slice(from, to), look });
  };
  for (const match of line.matchAll(CONTROL)) {
    push(match.index);
    from = match.index + match[0].length;
    if (match[1] !== undefined) apply(state, match[1]);
  }
  push(line.length);
  return pieces;
}

function apply(state: { bold: boolean; faint: boolean; colour: string }, codes: string): void {
  const numbers = codes.split(/[;:]/).map(Number);
  for (let i = 0; i < numbers.length; i++) {
    const code = numbers[i] ?? 0;
    if (code === 0) Object.assign(state, { bold: false, faint: false, colour: '' });
    else if (code === 1) state.bold = true;
    else if (code === 2) state.faint = true;
    else if (code === 22) Object.assign(state, { bold: false, faint: false });
    else if (code === 39) state.colour = '';
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97))
      state.colour = COLOURS[code % 10] ?? '';
    // 256 colours and true colours have arguments; they are not shown.
    else if (code === 38 || code === 48) i += numbers[i + 1] === 5 ? 2 : 4;
  }
}
