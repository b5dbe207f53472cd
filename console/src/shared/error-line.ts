/** Longer lines are no lines: all of the message is shown where somebody asks for it. */
const LONGEST = 500;

/**
 * The line of an error that says what happened, of 500 characters at most. Python's traces end with it, after a header that begins with "Traceback"; a message
 * without a trace says it first.
 */
export function lastLine(message: string): string {
  const lines = message.trim().split('\n');
  const first = (lines[0]?.trim() ?? '').slice(0, LONGEST);
  if (!/^(Traceback|Trace:|\s*File ")/m.test(message)) return first;
  // Decoration and notes that frameworks put behind the trace are no answer.
  const said = lines.findLast((line) => /^\S.*\S/.test(line) && !/^[\s╭╰│─=~^*-]+/.test(line));
  return said?.trim().slice(0, LONGEST) ?? first;
}

interface Told {
  readonly message: string;
  readonly code: string;
}

/**
 * What happened, in a line: that of the message, behind the code if it does not say that itself. Of an exception the code is the
 * class, without which a message such as `'price'` says little.
 */
export function errorLine({ message, code }: Told): string {
  const line = lastLine(message);
  if (line === '') return code;
  return /^[A-Za-z]\w*$/.test(code) && !line.includes(code) ? `${code}: ${line}` : line;
}

/** As much of an error as a tooltip can hold: the beginning and, where it is cut, the end, which says most. */
export function errorExcerpt(message: string): string {
  const text = message.trim();
  return text.length <= 4 * LONGEST ? text : `${text.slice(0, LONGEST)}\n…\n${text.slice(-3 * LONGEST)}`;
}
