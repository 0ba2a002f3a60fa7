#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# LLVM= and CC=: a kernel image is of the compiler that was asked for, whatever was built
# before it, and so is the glue in it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/other_build.sh"

export BUILD
image=("$ROOT/tools/image.sh" --out "$BUILD" --kdir "$BUILD/linux-source-6.12")

value()	# KEY: of what image.sh has said
{
	sed -n "s/^$1=//p" "$TMP/said"
}

built()	# COMPILER COMMAND...: the slot's flags begin with COMPILER's command
{
	local compiler=$1 command=gcc
	case $compiler in
	CC=*)	command=${compiler#CC=} ;;
	LLVM=*)	command=clang ;;
	esac
	"${@:2}" > "$TMP/said" || return
	value COMPILER | diff - <(echo "$compiler") || return
	head -n 1 "$(value SLOT)/flags" | grep -q "^ *$command " && return
	cut -c 1-200 "$(value SLOT)/flags"
	return 1
}

ok "no such LLVM" expect 2 "LLVM=-none: cannot run clang-none --version" \
	env LLVM=-none "${image[@]}"
ok "no such CC" expect 2 "CC=./gcc: cannot run ./gcc --version" env CC=./gcc "${image[@]}"
ok "gcc" built "" "${image[@]}"
first=$(value IMAGE)
ok "$other_compiler" built "$other_compiler" other_image
ok "run" expect 0 ", $other_compiler, sanitized: " env "$other_compiler" "$ROOT/run_tests.sh" --platform src \
	--kdir "$other_tree" "${other_options[@]}" --out "$TMP/out" snp_psc_msr_test
if command -v clang ld.lld llvm-ar > /dev/null; then
	ok "LLVM=1" built LLVM=1 env LLVM=1 "${image[@]}"
	ok "LLVM=1 has an image of its own" test "$(value IMAGE)" != "$first"
	ok "run LLVM=1" expect 0 ", LLVM=1: " env LLVM=1 "$ROOT/run_tests.sh" --platform src \
		--kdir "$BUILD/linux-source-6.12" --out "$TMP/llvm" snp_psc_msr_test
else
	skip "LLVM=1" "there is no clang with ld.lld and llvm-ar"
fi
ok "gcc again" built "" "${image[@]}"
ok "gcc again has the image it had" test "$(value IMAGE)" = "$first"

finish
