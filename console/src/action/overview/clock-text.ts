/** The time of day with milliseconds, in UTC or in the zone of the browser: `04:05:06.007`. */
export function clockText(at: number, utc: boolean): string {
  const date = new Date(Math.trunc(at));
  if (utc) return date.toISOString().slice(11, 23);
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two);
  return `${hours}:${minutes}:${seconds}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
