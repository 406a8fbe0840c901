#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The programs of the default build are hardened: position-independent, relocations read-only before main, no executable stack, stack
# protector, checked functions of libc, and no folder of the machine that built them.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

grep -q 'fsanitize' "$BUILD/compile_commands.json" && skip "a sanitizer build checks more itself"

for program in dataplane/lookback-dataplane collector/lookback-collector collector/lookback; do
	file=$BUILD/$program
	header=$(readelf -hldW "$file")
	grep -q 'Type: *DYN ' <<< "$header" || fail "$program: not position-independent"
	grep -q 'GNU_RELRO' <<< "$header" || fail "$program: no read-only relocations"
	grep -qE 'BIND_NOW|Flags:.* NOW' <<< "$header" || fail "$program: functions are bound late"
	grep -qE 'GNU_STACK.* RW ' <<< "$header" || fail "$program: executable stack: $(grep GNU_STACK <<< "$header")"
	symbols=$(nm -D "$file")
	grep -q '__stack_chk_fail' <<< "$symbols" || fail "$program: no stack protector"
	[ "$(grep -c '_chk' <<< "$symbols")" -ge 5 ] || fail "$program: functions of libc are not checked: $(grep _chk <<< "$symbols")"
	! grep -aqF "$ROOT" "$file" || fail "$program: has the path $ROOT: $(strings -a "$file" | grep -F "$ROOT" | head -n 3)"
	printf '%s: hardened\n' "$program"
done

# Flags of our own objects; those of DPDK are Debian's.
for flag in -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=; do
	without=$(grep '"command".* -c .*/\(dataplane\|collector\)/' "$BUILD/compile_commands.json" | grep -vcF -e "$flag" || true)
	[ "$without" = 0 ] || fail "$without objects are built without $flag"
done
printf 'all objects have the flags\n'
