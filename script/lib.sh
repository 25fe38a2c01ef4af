# What the scripts share: messages, packages, Node, free ports, private PostgreSQL clusters.
# Sourced by the other scripts, never run. Bash, with `set -euo pipefail` in the caller.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
VAR=$ROOT/var
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}
# rustup's default place, for shells which did not read its profile.
[ -d "${CARGO_HOME:-$HOME/.cargo}/bin" ] && PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
# A Node that script/setup brought in because the system's was absent or too old.
[ -x "$VAR/tools/node/bin/node" ] && PATH="$VAR/tools/node/bin:$PATH"
export PATH

say() { printf '%s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# as_root COMMAND...: runs it as root, through sudo when we are not.
as_root() {
  if [ "$EUID" -eq 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "root is needed for: $* (run as root, or install sudo)"; fi
}

# ensure_packages NAME...: installs by apt those Debian packages that are absent; asks the network only then.
ensure_packages() {
  local missing=() name
  for name in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null || true)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  command -v apt-get >/dev/null || die "install these by hand, apt-get is not here: ${missing[*]}"
  say "installing: ${missing[*]}"
  as_root apt-get update -q >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q -o Dpkg::Use-Pty=0 --no-install-recommends "${missing[@]}" >&2
}

# free_port: prints a TCP port of the loopback on which nothing listens, below the range that the kernel hands out.
free_port() {
  local port
  for _ in $(seq 100); do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    port_taken "$port" || { echo "$port"; return 0; }
  done
  die "no free port found on 127.0.0.1"
}

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# secret_file NAME: makes var/secrets/NAME (32 random bytes as hex, mode 0600) once; prints its path.
secret_file() {
  local file=$VAR/secrets/$1
  mkdir -p "$VAR/secrets"; chmod 700 "$VAR/secrets"
  if [ ! -s "$file" ]; then
    (umask 077; od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$file.new"; mv "$file.new" "$file")
  fi
  echo "$file"
}

# ---------------------------------------------------------------- private PostgreSQL
# A cluster is a directory: data/ (initdb's), log, port, and a socket. It listens on the loopback with scram
# passwords; its superuser is the system user that runs it, by peer on the socket. PostgreSQL refuses to run as
# root, so root's clusters belong to the user `postgres`. A cluster already on this machine is never touched.

pg_bin() {
  local dir
  for dir in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) "$(pg_config --bindir 2>/dev/null || true)"; do
    [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && { echo "$dir"; return 0; }
  done
  return 1
}

# pg_owner DIR: the system user whom the cluster belongs (or will belong) to.
pg_owner() {
  if [ -d "$1/data" ]; then stat -c %U "$1/data"
  elif [ "$EUID" -eq 0 ]; then echo postgres
  else id -un; fi
}

# pg_as DIR COMMAND...: runs a command as the cluster's owner.
pg_as() {
  local dir=$1 owner; shift
  owner=$(pg_owner "$dir")
  if [ "$owner" = "$(id -un)" ]; then (cd / && "$@"); return; fi
  [ "$EUID" -eq 0 ] || die "$dir belongs to $owner: run as root as before, or remove it to start anew"
  if runuser -u "$owner" -- test -x "$dir"; then
    (cd / && runuser -u "$owner" -- "$@")
  else
    # A clone under a closed home such as /root: let the owner pass through, and only that.
    (cd / && setpriv --reuid="$owner" --regid="$owner" --init-groups --inh-caps=-all,+dac_override \
      --ambient-caps=+dac_override --bounding-set=-all,+dac_override -- "$@")
  fi
}

# Socket paths may have 107 bytes at most, so a deep clone gets its socket elsewhere.
pg_socket() {
  if [ "${#1}" -le 70 ]; then echo "$1/socket"
  else echo "/tmp/ilmspace-$(printf %s "$1" | cksum | cut -d' ' -f1)"; fi
}

pg_running() {
  [ -f "$1/data/postmaster.pid" ] && pg_as "$1" "$(pg_bin)/pg_ctl" -D "$1/data" status >/dev/null 2>&1
}

# pg_psql DIR DATABASE: SQL on the input, as superuser.
pg_psql() {
  pg_as "$1" "$(pg_bin)/psql" -qAtX -v ON_ERROR_STOP=1 -h "$(pg_socket "$1")" -p "$(cat "$1/port")" -d "$2"
}

# pg_create DIR [OPTION...]: initdb, unless done.
pg_create() {
  local dir=$1 owner; shift
  [ -f "$dir/data/PG_VERSION" ] && return 0
  owner=$(pg_owner "$dir")
  mkdir -p "$dir"
  if [ "$EUID" -eq 0 ]; then chown "$owner": "$dir"; fi
  chmod 700 "$dir"
  rm -rf "$dir/data.new"
  pg_as "$dir" "$(pg_bin)/initdb" -D "$dir/data.new" --encoding=UTF8 --locale=C.UTF-8 --username="$owner" \
    --auth-local=peer --auth-host=scram-sha-256 --no-instructions "$@" >/dev/null
  mv "$dir/data.new" "$dir/data"
}

# pg_start DIR [OPTION...]: starts it on its own port (another one when that was taken meanwhile) and waits.
pg_start() {
  local dir=$1 socket port; shift
  pg_running "$dir" && return 0
  socket=$(pg_socket "$dir")
  [ -d "$socket" ] || pg_as "$dir" mkdir -m 700 "$socket"
  [ "$(stat -c %U "$socket")" = "$(pg_owner "$dir")" ] || die "$socket belongs to somebody else"
  for _ in 1 2 3; do
    port=$(cat "$dir/port" 2>/dev/null || free_port)
    if port_taken "$port"; then port=$(free_port); fi
    pg_as "$dir" sh -c "echo $port >'$dir/port'"
    # Detached from our terminal, so that Ctrl-C reaches it through us and after the server has let go.
    if pg_as "$dir" setsid "$(pg_bin)/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 -s start \
      -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories='$socket' $*" \
      </dev/null >/dev/null 2>&1; then return 0; fi
    rm -f "$dir/port"
  done
  tail -n 20 "$dir/log" >&2 || true
  die "PostgreSQL did not start, its log is $dir/log"
}

# pg_stop DIR: a fast stop; a slow one is ended at once (nothing is lost, the next start recovers).
pg_stop() {
  pg_running "$1" || return 0
  pg_as "$1" "$(pg_bin)/pg_ctl" -D "$1/data" -m fast -w -t 20 -s stop >/dev/null 2>&1 ||
    pg_as "$1" "$(pg_bin)/pg_ctl" -D "$1/data" -m immediate -w -t 10 -s stop >/dev/null 2>&1 || true
}

# pg_role DIR NAME PASSWORD OPTIONS: makes a role, or gives it this password.
pg_role() {
  local verb=create
  [ -n "$(echo "select 1 from pg_roles where rolname = '$2'" | pg_psql "$1" postgres)" ] && verb=alter
  echo "$verb role $2 login password '$3' $4;" | pg_psql "$1" postgres
}

# pg_database DIR NAME OWNER: makes a database once.
pg_database() {
  [ -n "$(echo "select 1 from pg_database where datname = '$2'" | pg_psql "$1" postgres)" ] ||
    echo "create database $2 owner $3;" | pg_psql "$1" postgres
}

# ---------------------------------------------------------------- the servers that tests talk to
# start_test_servers DIR: PostgreSQL without regard for crashes and redis-server, both on free ports of the loopback.
start_test_servers() {
  local dir=$1 port
  mkdir -p "$dir"; chmod 755 "$dir"
  pg_create "$dir/pg" --no-sync
  pg_start "$dir/pg" -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal \
    -c max_wal_senders=0 -c max_connections=300 -c shared_buffers=256MB -c jit=off
  [ -s "$dir/password" ] || (umask 077; od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$dir/password")
  pg_role "$dir/pg" ilmspace_test "$(cat "$dir/password")" superuser
  if ! { [ -f "$dir/redis.pid" ] && kill -0 "$(cat "$dir/redis.pid")" 2>/dev/null; }; then
    for _ in 1 2 3; do
      port=$(free_port)
      echo "$port" >"$dir/redis.port"
      setsid redis-server --bind 127.0.0.1 --port "$port" --save '' --appendonly no --dir "$dir" \
        --pidfile "$dir/redis.pid" --logfile "$dir/redis.log" --daemonize yes >/dev/null
      for _ in $(seq 100); do
        [ "$(redis-cli -p "$port" ping 2>/dev/null || true)" = PONG ] && return 0
        sleep 0.05
      done
    done
    tail -n 20 "$dir/redis.log" >&2 || true
    die "redis-server did not start"
  fi
}

# test_servers_env DIR: what the tests read, as NAME=value lines.
test_servers_env() {
  echo "TEST_DATABASE_URL=postgres://ilmspace_test:$(cat "$1/password")@127.0.0.1:$(cat "$1/pg/port")/postgres"
  echo "TEST_REDIS_URL=redis://127.0.0.1:$(cat "$1/redis.port")/0"
}

stop_test_servers() {
  local pid
  pg_stop "$1/pg"
  if [ -f "$1/redis.pid" ]; then
    pid=$(cat "$1/redis.pid")
    kill "$pid" 2>/dev/null || true
    # A zombie that nobody reaps still answers kill -0: what counts is that it runs no more.
    for _ in $(seq 100); do
      any_runs "$pid" || break
      sleep 0.05
    done
    rm -f "$1/redis.pid"
  fi
}

# any_runs PID...: whether one of them runs; a zombie that nobody reaps is over, though kill -0 finds it.
any_runs() {
  local pid
  for pid in "$@"; do
    if grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$pid/status"; then return 0; fi
  done
  return 1
}

# marked_with RUN_ID: prints the processes that run with this mark; our own shells never bear it, since they were
# started before it was set.
marked_with() {
  local file pid
  for file in /proc/[0-9]*/environ; do
    pid=${file#/proc/}; pid=${pid%/environ}
    grep -qsz "^ILMSPACE_RUN_ID=$1\$" "$file" || continue
    if any_runs "$pid"; then echo "$pid"; fi
  done
}

# end_leftovers RUN_ID: ends processes that were started with ILMSPACE_RUN_ID=RUN_ID in their environment and still run,
# names them, and answers 1 when there were any. The calling shell and its own children of the moment are not meant.
end_leftovers() {
  local pids pid
  # Helpers of browsers and compilers end a moment after their masters: give them that moment.
  for _ in $(seq 25); do
    mapfile -t pids < <(marked_with "$1")
    [ ${#pids[@]} -eq 0 ] && return 0
    sleep 0.2
  done
  for pid in "${pids[@]}"; do
    say "still running, ended now: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | cut -c1-150)"
  done
  kill -TERM "${pids[@]}" 2>/dev/null || true
  for _ in $(seq 50); do
    any_runs "${pids[@]}" || break
    sleep 0.1
  done
  kill -KILL "${pids[@]}" 2>/dev/null || true
  return 1
}
