#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# LLVM= and CC=: a kernel image is of the compiler that was asked for, whatever was built
# before it, and so is the glue in it.
. "$(dirname "$0")/lib.sh"

export BUILD
image=("$ROOT/tools/image.sh" --out "$BUILD" --kdir "$BUILD/linux-source-6.12")
# Where there is no clang another command of gcc has to do.
if command -v clang ld.lld llvm-ar > /dev/null; then
	other=LLVM=1 command=clang
else
	other="CC=gcc -DOTHER_COMPILER" command="gcc -DOTHER_COMPILER"
fi

value()	# KEY: of what image.sh has said
{
	sed -n "s/^$1=//p" "$TMP/said"
}

built()	# COMMAND [VARIABLE=VALUE]: the slot's flags begin with the command
{
	local command=$1
	shift
	env "$@" "${image[@]}" > "$TMP/said" || return
	value COMPILER | diff - <(echo "${1-}") || return
	head -n 1 "$(value SLOT)/flags" | grep -q "^ *$command " && return
	cut -c 1-200 "$(value SLOT)/flags"
	return 1
}

ok "no such LLVM" expect 2 "LLVM=-none: cannot run clang-none --version" \
	env LLVM=-none "${image[@]}"
ok "no such CC" expect 2 "CC=./gcc: cannot run ./gcc --version" env CC=./gcc "${image[@]}"
ok "gcc" built gcc
first=$(value IMAGE)
ok "$other" built "$command" "$other"
ok "$other has an image of its own" test "$(value IMAGE)" != "$first"
ok "gcc again" built gcc
ok "gcc again has the image it had" test "$(value IMAGE)" = "$first"
ok "run" expect 0 ", $other: " env "$other" "$ROOT/run_tests.sh" --platform src \
	--kdir "$BUILD/linux-source-6.12" --out "$TMP/out" snp_psc_msr_test

finish
