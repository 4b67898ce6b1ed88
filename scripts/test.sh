#!/usr/bin/env bash
# Everything that must hold before a change lands: check, unit, integration on real servers, the same specs on the embedded
# stores, e2e on built processes. Called by `dev.sh test`, which has installed and built. Ends with "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/.."
reports=.data/test-reports
rm -rf "$reports" && mkdir -p "$reports"
failed_steps=()

step() { # step NAME COMMAND...
  local name=$1 began=$SECONDS
  shift
  echo "== $name"
  if "$@"; then echo "== $name: ok ($((SECONDS - began)) s)"; else
    echo "== $name: FAILED ($((SECONDS - began)) s)"
    failed_steps+=("$name")
  fi
}

suite() { # suite NAME PROJECT: runs a vitest project and keeps its counts
  npx vitest run --project "$2" --reporter=default --reporter=json --outputFile.json="$reports/$1.json"
}

real_servers() {
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    scripts/install-servers.sh --redis
  else
    echo "Not root on Debian: integration specs run on installed servers if there are any, else on the embedded stores only"
  fi
}

step check npm run --silent check
step unit suite unit unit
step 'real servers' real_servers
step 'integration' suite integration integration
step 'integration on the embedded stores' env TEST_STORES=embedded npx vitest run --project integration \
  --reporter=default --reporter=json --outputFile.json="$reports/integration-embedded.json"
step e2e suite e2e e2e

node scripts/test-totals.mjs "$reports" "${#failed_steps[@]}"
[ ${#failed_steps[@]} = 0 ] || { echo "Failed: ${failed_steps[*]}"; exit 1; }
