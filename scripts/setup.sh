# Sourced by ./run and ./check: installs what is missing and builds.
# shellcheck shell=bash

say() { printf 'podswarm: %s\n' "$*" >&2; }

# packages SECTION...: the package names of packages.txt, alternatives as "a|b".
packages() {
  awk -v wanted=" $* " '
    { sub(/#.*/, ""); gsub(/[ \t]/, "") }
    /^\[/ { on = index(wanted, " " substr($0, 2, length($0) - 2) " "); next }
    on && NF' packages.txt
}

# installed NAME...: the names among these that dpkg has. It fails for names that no package has, which is no error here.
installed() { { dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true; } | sed -n 's/^installed //p'; }

# install_missing SECTION...: exit code 2 where this system has no apt, or no way to become root.
install_missing() {
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    # Elsewhere the build itself tells whether everything is there.
    if command -v cmake >/dev/null && command -v ninja >/dev/null && [ -e build/release/build.ninja ]; then return; fi
    say "this system has no apt; install these (Debian's names), then build with: cmake --preset release && cmake --build --preset release"
    packages "$@" | sed 's/^/  /' >&2
    exit 2
  fi
  local wanted have missing=() line found name
  mapfile -t wanted < <(packages "$@")
  have=" $(installed $(printf '%s\n' "${wanted[@]}" | tr '|' ' ') | tr '\n' ' ') "
  for line in "${wanted[@]}"; do
    found=
    for name in ${line//|/ }; do
      case "$have" in *" $name "*) found=1 ;; esac
    done
    [ -n "$found" ] || missing+=("$line")
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
      say "these packages are missing, and installing them needs root; as root run:"
      printf '  apt-get install %s\n' "$(printf '%s ' "${missing[@]%%|*}")" >&2
      exit 2
    fi
    as_root=(sudo)
  fi
  say "installing with apt-get${as_root:+ (sudo may ask for your password)}: ${missing[*]%%|*}"
  "${as_root[@]}" apt-get -q=2 update >&2 || say "apt-get update failed; going on with the package lists there are"
  local choice=()
  for line in "${missing[@]}"; do
    for name in ${line//|/ }; do
      if apt-cache show "$name" >/dev/null 2>&1; then
        choice+=("$name")
        continue 2
      fi
    done
    say "no package of this system provides ${line//|/ or }"
    exit 2
  done
  # nginx, transmission-daemon and opentracker are test tools here: installing them must not start them as services.
  local policy=/usr/sbin/policy-rc.d placed=
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
    "${as_root[@]}" chmod 755 $policy
    placed=1
  fi
  local status=0
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q=2 install -y --no-install-recommends "${choice[@]}" \
    </dev/null >&2 || status=$?
  [ -z "$placed" ] || "${as_root[@]}" rm -f $policy
  if [ $status != 0 ]; then
    say "apt-get could not install: ${choice[*]}"
    exit 1
  fi
}

# build TARGET...: the release preset. Quiet when there is nothing to do; the whole log where it fails.
build() {
  mkdir -p build
  local log=build/build.log
  if [ ! -e build/release/build.ninja ]; then
    say "configuring"
    cmake --preset release >"$log" 2>&1 || { cat "$log" >&2; say "configuring failed (log: $log)"; exit 1; }
  fi
  if [ -n "$(ninja -C build/release -n "$@" 2>/dev/null | grep -m1 '\[')" ]; then
    say "building on $(nproc) cores (the first time takes some minutes)"
  fi
  ninja -C build/release "$@" >"$log" 2>&1 || { tail -n 60 "$log" >&2; say "the build failed (log: $log)"; exit 1; }
}
