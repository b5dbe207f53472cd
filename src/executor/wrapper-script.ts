/**
 * The wrapper: a shell script that leads the process group of a task.
 *
 * Its first act is to make the folder `started.<token>`, which only one process in the world can do. Whoever finds it made never runs the
 * command: so an executor that does not know whether a wrapper of its predecessor will still begin makes the folder itself, and from
 * then on knows that it won't. Then the wrapper says who it is (`pid.<token>`), runs the command as its child, and writes the command's
 * exit code (`exit.<token>`). Each file appears at once, under its final name. It catches SIGTERM so that it lives until its child does.
 *
 * Where executors have leases, a guard runs beside the command, from before it begins: when the time is up that it has read in the lease's
 * file it looks again, and if the lease was not prolonged it kills whatever carries the token, then the group with itself. So the task
 * ends in time also if its executor is gone, hangs, or can't reach the database. What asks a task to end does not end its guard: the
 * task may not heed it either.
 *
 * Names begin with w_ because a variable that the task has in its environment would change there.
 */
export const WRAPPER = `
w_folder=$1 w_token=$2 w_lease=$3 w_term=$4 w_clock=$5
shift 5
w_guard=
/bin/mkdir "$w_folder/started.$w_token" 2>/dev/null || exit 0

w_left() {
  if [ -n "$w_clock" ]; then read -r w_now w_rest < "$w_clock"; w_now=\${w_now%%.*}; else w_now=$(/bin/date +%s); fi
  w_until= w_held=
  read -r w_until w_held 2>/dev/null < "$w_lease"
  [ "$w_held" = "$w_term" ] && [ "$w_until" -gt "$w_now" ] 2>/dev/null && echo $((w_until - w_now))
}

w_fence() {
  while w_seconds=$(w_left); do
    [ "$w_seconds" -lt 10 ] || w_seconds=10
    /bin/sleep "$w_seconds"
  done
  w_self=$(exec /bin/sh -c 'echo $PPID')
  # Those that left the group; a few rounds, because one may just be forked.
  for w_round in 1 2 3; do
    for w_file in $(exec /usr/bin/env -i /bin/grep -l "RUNS_EXECUTION_TOKEN=$w_token" /proc/[0-9]*/environ 2>/dev/null); do
      w_pid=\${w_file#/proc/}
      w_pid=\${w_pid%/environ}
      [ "$w_pid" = "$w_self" ] || kill -s KILL "$w_pid" 2>/dev/null
    done
  done
  kill -s KILL -- "-$$"
}

[ -z "$w_lease" ] || w_left > /dev/null || exit 0
trap : HUP INT TERM
if [ -r "/proc/$$/stat" ]; then
  w_stat=$(/bin/cat "/proc/$$/stat")
  w_fields=\${w_stat##*) }
  w_start=$(set -- $w_fields; shift 19; echo "$1")
else
  w_start=$(echo $(/bin/ps -o lstart= -p $$))
fi
echo "$$ $w_start" > "$w_folder/pid.$w_token.tmp" && /bin/mv "$w_folder/pid.$w_token.tmp" "$w_folder/pid.$w_token"
cd "$w_folder/cwd" || exit 126
if [ -n "$w_lease" ]; then
  # What is ignored when the guard begins it ignores for good; a handler it would lose.
  trap '' HUP INT TERM
  w_fence < /dev/null > /dev/null 2>&1 &
  w_guard=$!
  trap : HUP INT TERM
fi
( exec "$@" )
w_code=$?
echo "$w_code" > "$w_folder/exit.$w_token.tmp" && /bin/mv "$w_folder/exit.$w_token.tmp" "$w_folder/exit.$w_token"
[ -z "$w_guard" ] || kill -s KILL "$w_guard" 2>/dev/null
`;
