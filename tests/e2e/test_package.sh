#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The Debian packages of this release: they build, lintian finds nothing, they contain what belongs to them. `scripts/package --test RELEASE` also
# installs, upgrades, removes and purges them in a clean tree, `--twice` compares two builds; both take longer.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v dpkg-deb > /dev/null || skip "this is no Debian"
version=$(sed -n "s/^  version: '\(.*\)',$/\1/p" "$ROOT/meson.build")
changelog=$(sed -n '1s/^lookback (\(.*\)) .*/\1/p' "$ROOT/debian/changelog")
[ "${version:-none}" = "$changelog" ] || fail "debian/changelog: found version '$changelog', expected '$version' as in meson.build"

# What scripts/lib.sh installs for a build is in debian/control too.
for package in $(sed -n '/^\t\[run\]=/,/"$/p' "$ROOT/scripts/lib.sh" | grep -oE '\b(lib|zlib|nettle)[a-z0-9.-]*-dev\b'); do
	case $package in libc6-dev | libcunit1-dev) continue ;; esac
	grep -qE "^ $package( \(.*\))?,?$" "$ROOT/debian/control" || fail "debian/control: found no $package, expected it in Build-Depends as in scripts/lib.sh"
done

packages=$T/packages
"$ROOT/scripts/package" --output "$packages" > "$T/package.log" 2>&1 || fail "scripts/package: $(tail -n 3 "$T/package.log")"
root=$T/root
mkdir "$root"
for package in lookback lookback-common lookback-collector lookback-dataplane; do
	deb=$(echo "$packages/${package}_${version}"_*.deb)
	[ -e "$deb" ] || fail "no package $package $version in $(ls "$packages")"
	dpkg-deb -c "$deb" | awk '!/^d/ { print $6 }' >> "$T/files"
	dpkg-deb -x "$deb" "$root"
	depends=$(dpkg-deb -f "$deb" Depends)
	! grep -E '(^|, )(gcc|g\+\+|cpp|clang|llvm|bpftool|[a-z0-9.+-]+-dev)([ ,-]|$)' <<< "$depends" || fail "$package depends on a compiler: $depends"
	[ "$package" = lookback-common ] || [[ $depends == *"lookback-common (= $version)"* ]] || fail "$package: found Depends $depends, expected lookback-common (= $version)"
done
[ -z "$(sort "$T/files" | uniq -d)" ] || fail "files in two packages: $(sort "$T/files" | uniq -d)"
for file in usr/bin/lookback usr/bin/lookback-collector usr/bin/lookback-dataplane etc/lookback/lookback.conf etc/lookback/redis.conf usr/share/lookback/redis.conf \
	usr/lib/sysusers.d/lookback.conf usr/lib/tmpfiles.d/lookback.conf usr/share/man/man5/lookback.conf.5.gz usr/share/man/man5/watch.conf.5.gz \
	usr/share/doc/lookback-common/examples/watch.conf usr/share/doc/lookback-common/guide; do
	[ -e "$root/$file" ] || fail "no package has $file"
done
find "$root" -path '*/systemd/system/lookback-dataplane.service' | grep -q . || fail "no package has lookback-dataplane.service"
printf 'four packages of version %s, %s files\n' "$version" "$(wc -l < "$T/files")"

for program in lookback lookback-collector lookback-dataplane; do
	file=$root/usr/bin/$program
	"$file" --version > "$T/version.log" 2>&1 || fail "$program --version"
	grep -qF "$version" "$T/version.log" || fail "$program: found $(cat "$T/version.log"), expected version $version"
	readelf -ldW "$file" > "$T/elf"
	[ "$(grep -cE 'GNU_RELRO|BIND_NOW' "$T/elf")" = 2 ] || fail "$program: not hardened: $(cat "$T/elf")"
	for path in "$ROOT" "${TMPDIR:-/var/tmp}/lookback-package"; do
		! grep -aqF "$path" "$file" || fail "$program: has the path of its build, $path"
	done
done
# Parts that ask the processor first have code for AVX as well; the rest must not need it.
grep -q -- '-march=x86-64-v2 ' "$packages/build.log" || fail "the packages are not built for every processor that DPDK runs on"
for kind in watch block; do
	"$root/usr/bin/lookback-collector" -o "$kind.file=$root/usr/share/doc/lookback-common/examples/$kind.conf" -o redis="unix:$T/none.sock" \
		-o spool.dir="$T/spool" -o collector.socket="$SOCKET" --check > "$T/check.log" 2>&1 || true
	grep -q 'configuration: sound' "$T/check.log" || fail "the example $kind.conf: $(cat "$T/check.log")"
done
printf 'the programs of the packages start\n'
