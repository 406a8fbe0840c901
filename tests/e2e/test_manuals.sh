#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The manual pages are sound and contain every setting, command and option that --help lists; one file of settings serves both.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v mandoc > /dev/null || skip "mandoc is not installed"
missing=0
lacks() { # page, what
	printf '%s: not there: %s\n' "$1" "$2"
	missing=$((missing + 1))
}
page() { # file: its text, in $T/page
	timeout 20 mandoc -T lint -W warning "$1" > "$T/mandoc.log" 2>&1 || fail "$(grep "$1" "$T/mandoc.log")"
	timeout 20 mandoc -T ascii "$1" | sed 's,.\x08,,g' > "$T/page"
}

# Settings: those of --help of both programs are in lookback.conf(5), and those in it are in --help of a program.
for program in dataplane/lookback-dataplane collector/lookback-collector; do
	timeout 20 "$BUILD/$program" --help > "$T/help"
	sed -n 's/^  \([a-z][a-z._]*\) .*/\1/p' "$T/help" > "$T/${program#*/}.settings"
	[ -s "$T/${program#*/}.settings" ] || fail "$program --help lists no settings"
	page "$ROOT/docs/man/${program#*/}.8"
	while read -r option; do
		grep -qF -- "$option" "$T/page" || lacks "${program#*/}.8" "$option"
	done < <(sed -n '/^Options:/,/^Settings/s/.* \(--[a-z-]*\) .*/\1/p' "$T/help")
done
page "$BUILD/docs/lookback.conf.5"
sort -u "$T"/*.settings > "$T/settings"
while read -r setting; do
	grep -q "^ *$setting\( \|\$\)" "$T/page" || lacks lookback.conf.5 "$setting"
	grep -q "^#$setting =" "$BUILD/docs/lookback.conf" || lacks "the example configuration" "$setting"
done < "$T/settings"
while read -r setting; do
	grep -qx "$setting" "$T/settings" || lacks "--help of both programs" "$setting"
done < <(sed -n 's/^#\([a-z._]*\) =.*/\1/p' "$BUILD/docs/lookback.conf")

# The command lookback: its commands and options.
page "$ROOT/docs/man/lookback.1"
timeout 20 "$BUILD/collector/lookback" --help > "$T/help"
sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/^ *\1\\( \\|$\\)/p; /^Options:/,/^$/s/.* \(--[a-z-]*\).*/\1/p' "$T/help" > "$T/patterns"
[ "$(grep -c -e '^\^' "$T/patterns")" -gt 0 ] || fail "lookback --help lists no commands"
while read -r pattern; do
	grep -q -e "$pattern" "$T/page" && continue
	printf 'lookback.1: not there: %s\n' "$pattern"
	missing=$((missing + 1))
done < "$T/patterns"
[ $missing = 0 ] || fail "$missing settings, commands or options are not in the manual pages"

# Each program ignores the settings of the other one, so that one file can serve both.
reads() { # program, the other one
	while read -r setting; do
		grep -qx "$setting" "$T/$1.settings" && continue
		printf '%s = x y\n' "$setting" > "$T/lookback.conf"
		timeout 20 "$BUILD/${1#lookback-}/$1" -c "$T/lookback.conf" --check > "$T/check.log" 2>&1 || true # it may fail otherwise
		! grep -q "unknown key" "$T/check.log" || fail "$1 rejects a setting of $2: $(grep "unknown key" "$T/check.log")"
	done < "$T/$2.settings"
}
reads lookback-dataplane lookback-collector
reads lookback-collector lookback-dataplane
