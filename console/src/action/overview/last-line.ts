/**
 * The line of an error that says what happened. Python's traces end with it, after a header that begins with "Traceback"; a message
 * without a trace says it first.
 */
export function lastLine(message: string): string {
  const lines = message.trim().split('\n');
  const first = lines[0]?.trim() ?? '';
  if (!/^(Traceback|Trace:|\s*File ")/m.test(message)) return first;
  // Decoration and notes that frameworks put behind the trace are no answer.
  const said = lines.findLast((line) => /^\S.*\S/.test(line) && !/^[\s╭╰│─=~^*-]+/.test(line));
  return said?.trim() ?? first;
}
