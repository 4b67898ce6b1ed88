#!/usr/bin/env bash
# Installs a real PostgreSQL with pgvector and, with --redis, a real Redis on Debian, from what Debian publishes and nothing
# else. Root only. A second run finds everything in place and only says so. No cluster is made, no service is started.
#
# Where this Debian has no pgvector package (12), pgvector is built from the source that Debian publishes for its later
# releases, checked against its SHA-256, with the headers of the PostgreSQL that is installed.
set -euo pipefail

# Newest first; a mirror keeps only some of them. The sums are those of Debian's own source index.
sources=(
  0.8.7:b028949dce65a39818cf2bccd64c0a2abc68262a2079f598b161de9c82c9510e
  0.8.6:25c9b78cfdaa43c66788d7490246ac24e4fe1c86f19c4b60c089b723f84a4a0d
  0.8.0:867a2c328d4928a5a9d6f052cd3bc78c7d60228a9b914ad32aa3db88e9de27b0
)
# Older ones may damage an HNSW index while vacuuming (fixed in 0.8.3 and 0.8.4): replaced where something newer can be had.
wanted=0.8.4

say() { printf 'install-servers: %s\n' "$*"; }
die() {
  say "$*" >&2
  exit 1
}
install_packages() {
  update_once
  DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends --no-upgrade -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-confold -o Acquire::Retries=3 install "$@"
}
updated=no
update_once() {
  [ "$updated" = yes ] || apt-get -q -o Acquire::Retries=3 update
  updated=yes
}

# The newest PostgreSQL here that has pgvector: "MAJOR VERSION", or nothing.
installed_pgvector() {
  local control major
  for control in /usr/share/postgresql/*/extension/vector.control; do
    [ -e "$control" ] || continue
    major=$(basename "$(dirname "$(dirname "$control")")")
    if [ -x "/usr/lib/postgresql/$major/bin/postgres" ] && [ -e "/usr/lib/postgresql/$major/lib/vector.so" ]; then
      printf '%s %s\n' "$major" "$(sed -n "s/^default_version = '\(.*\)'/\1/p" "$control")"
    fi
  done | sort -rn | head -1
}

at_least() { [ "$(printf '%s\n' "$@" | sort -V | head -1)" = "$2" ]; } # at_least VERSION LEAST
packaged() { dpkg-query -S "/usr/share/postgresql/$1/extension/vector.control" >/dev/null 2>&1; }

# Debian would make a cluster on port 5432 and start it.
without_cluster() {
  mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
}

install_pgvector() {
  local package major
  update_once
  without_cluster
  package=$(apt-cache search --names-only '^postgresql-[0-9]+-pgvector$' | cut -d' ' -f1 | sort -V | tail -1)
  if [ -n "$package" ]; then
    install_packages "$package"
    return
  fi
  major=$(apt-cache depends postgresql | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p' | head -1)
  [ -n "$major" ] || die 'this Debian has no PostgreSQL'
  install_packages "postgresql-$major"
  build_pgvector "$major" 0 || die 'none of the known pgvector sources could be fetched'
}

build_pgvector() { # build_pgvector MAJOR VERSION_TO_BEAT: fails when there is nothing newer to be had
  local major=$1 beat=$2 build entry
  build=$(mktemp -d -t pgvector.XXXXXX)
  for entry in "${sources[@]}"; do
    at_least "$beat" "${entry%%:*}" && break
    fetch_source "${entry%%:*}" "${entry##*:}" "$build/source.tar.gz" || continue
    say "Building pgvector ${entry%%:*} for PostgreSQL $major …"
    install_packages gcc libc6-dev
    (cd "$build" && fetch_headers "$major" && compile "$major" && place "$major" "${entry%%:*}")
    rm -rf "$build"
    return 0
  done
  rm -rf "$build"
  return 1
}

# Through apt's own downloader, from apt's own mirror: a minimal Debian has no other, and may reach no other.
fetch_source() { # fetch_source VERSION SHA256 FILE
  local mirror
  # $(REPO_URI) is apt's own, not the shell's.
  # shellcheck disable=SC2016
  while read -r mirror; do
    /usr/lib/apt/apt-helper -q download-file "${mirror%/}/pool/main/p/pgvector/pgvector_$1.orig.tar.gz" "$3" "SHA256:$2" \
      >/dev/null 2>&1 && return 0
  done < <(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' | grep -v security | sort -u)
  return 1
}

# Unpacked, not installed: the package itself would bring a whole clang.
fetch_headers() {
  local installed
  # apt gives up root for downloads: let it write here.
  chmod 755 .
  chown _apt . 2>/dev/null || true
  installed=$(dpkg-query -W -f '${Version}' "postgresql-$1")
  apt-get -q download "postgresql-server-dev-$1=$installed" 2>/dev/null || apt-get -q download "postgresql-server-dev-$1"
  dpkg-deb -x postgresql-server-dev-*.deb headers
}

# PostgreSQL's own flags, without -march=native so that the file works on another machine. -fno-strict-aliasing and -fwrapv
# are not taste: the server's headers rely on them. Symbols stay visible, or PostgreSQL 15 finds no magic block.
compile() {
  local include="$PWD/headers/usr/include/postgresql"
  tar xzf source.tar.gz --one-top-level=source --strip-components=1
  # $1 belongs to the inner shell.
  # shellcheck disable=SC2016
  printf '%s\0' source/src/*.c | xargs -0 -n1 -P"$(nproc)" sh -c '
    gcc -O2 -fPIC -fno-strict-aliasing -fwrapv -fexcess-precision=standard -ftree-vectorize -fassociative-math \
      -fno-signed-zeros -fno-trapping-math -D_GNU_SOURCE -I"$0" -I"$1" -Isource/src -c "$2" -o "$2.o"' \
    "$include/$1/server" "$include/internal"
  gcc -shared -o vector.so source/src/*.o -Wl,-z,relro -Wl,--as-needed -lm
}

# The control file goes last: it is what says that pgvector is there.
place() { # place MAJOR VERSION
  local extension="/usr/share/postgresql/$1/extension"
  install -m 644 vector.so "/usr/lib/postgresql/$1/lib/vector.so"
  install -m 644 source/sql/vector--*--*.sql "$extension/"
  install -m 644 source/sql/vector.sql "$extension/vector--$2.sql"
  install -m 644 source/vector.control "$extension/vector.control"
}

# A throw-away cluster in single-user mode, without a port: proves that the extension loads and computes.
prove_pgvector() {
  local bin="/usr/lib/postgresql/$1/bin" proof="/usr/lib/postgresql/$1/lib/.vector-proved" home answer
  local -a as_postgres=(setpriv --reuid=postgres --regid=postgres --init-groups)
  [ -e "$proof" ] && [ "$proof" -nt "/usr/lib/postgresql/$1/lib/vector.so" ] && return 0
  home=$(mktemp -d -t pgvector-proof.XXXXXX)
  chown postgres: "$home"
  answer=$(cd "$home" && "${as_postgres[@]}" "$bin/initdb" -D data -A trust --no-sync --locale=C.UTF-8 -E UTF8 2>&1 &&
    printf '%s\n' 'create extension vector' "select 'distance ' || ('[1,0]'::vector <=> '[0,1]'::vector)" |
    "${as_postgres[@]}" "$bin/postgres" --single -F -D data postgres 2>&1) || true
  rm -rf "$home"
  case $answer in
    *'distance 1'*) touch "$proof" ;;
    *) die "pgvector does not work: $answer" ;;
  esac
}

with_redis=no
case "$#:${1:-}" in
  0:*) ;;
  1:--redis) with_redis=yes ;;
  *)
    printf 'Usage: scripts/install-servers.sh [--redis]\n' >&2
    exit 2
    ;;
esac
[ "$(id -u)" = 0 ] || die 'has to run as root'
command -v apt-get >/dev/null || die 'this is not Debian'
# Two at once would wait for each other in apt, or build over each other.
exec 9>/run/install-servers.lock
flock 9

read -r major version < <(installed_pgvector) || install_pgvector
read -r major version < <(installed_pgvector)
if ! at_least "$version" "$wanted" && ! packaged "$major" && build_pgvector "$major" "$version"; then
  read -r major version < <(installed_pgvector)
fi
prove_pgvector "$major"
if [ "$with_redis" = yes ] && ! command -v redis-server >/dev/null && ! command -v valkey-server >/dev/null; then
  install_packages redis-server
fi

say "$("/usr/lib/postgresql/$major/bin/postgres" --version), in /usr/lib/postgresql/$major/bin"
say "pgvector $version$(at_least "$version" "$wanted" || printf ' (older than %s: nothing newer can be had from this mirror)' "$wanted")"
[ "$with_redis" = no ] || say "$(redis-server --version 2>/dev/null || valkey-server --version)"
