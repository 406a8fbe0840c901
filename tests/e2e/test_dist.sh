#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The source archive of `meson dist` has every file of the commit, builds without git, and its programs replay a capture. The version is the
# same everywhere: archive, --version of all programs, change log, Debian package.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ -e "$ROOT/.git" ] || skip "these sources are no git repository"
# the owner of the sources may be another user
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
version=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$ROOT/meson.build")
name=lookback-$version

meson dist -C "$BUILD" --no-tests --allow-dirty --formats xztar > "$T/dist.log" 2>&1 || fail "meson dist: status $?"
CLEAN_UP+=("rm -rf '$BUILD/meson-dist'")
(cd "$BUILD/meson-dist" && sha256sum --quiet -c "$name.tar.xz.sha256sum") || fail "no archive $name.tar.xz with its checksum: $(ls "$BUILD/meson-dist")"
tar -C "$T" -xf "$BUILD/meson-dist/$name.tar.xz"
(cd "$T/$name" && find . ! -type d | sed 's|^\./||' | sort) > "$T/found"
git -C "$ROOT" ls-tree -r -z --name-only HEAD | tr '\0' '\n' | sort | diff - "$T/found" > "$T/files.log" || fail "the archive does not have the files of the commit"

build=$T/$name/build
options=(--buildtype=plain -Doptimization=1)
! command -v ccache > /dev/null || export CC='ccache gcc' CXX='ccache g++'
meson setup "$build" "$T/$name" "${options[@]}" > "$T/setup.log" 2>&1 || fail "meson setup in the archive: status $?"
ninja -C "$build" dataplane/lookback-dataplane collector/lookback-collector collector/lookback borders > "$T/ninja.log" 2>&1 || fail "the archive does not build"
printf 'the archive builds (%d s)\n' "$SECONDS"

has_version() { # program, more that it names
	local text
	text=$("$build/$1" --version) || fail "$1 --version: status $?"
	[[ $text =~ ^${1##*/}\ $version,\ $2\ [0-9] ]] || fail "$1 --version: found '$text', expected version $version and that of $2"
}
has_version dataplane/lookback-dataplane DPDK
has_version collector/lookback-collector hiredis
has_version collector/lookback hiredis
grep -qE "^## \[$version\] - 20[0-9]{2}-[01][0-9]-[0-3][0-9]$" "$T/$name/CHANGELOG.md" || fail "CHANGELOG.md: no section of $version"
if [ -e "$T/$name/debian/changelog" ]; then
	head -n 1 "$T/$name/debian/changelog" | grep -qE "^lookback \(${version}[-~+)]" || fail "debian/changelog: found '$(head -n 1 "$T/$name/debian/changelog")', expected version $version"
fi

redis_up --appendonly no
BUILD=$build
replay --replay "$DATA/services.pcap" --no-huge
compare "$DATA/services.tsv"
printf 'its programs are of version %s and replay\n' "$version"
