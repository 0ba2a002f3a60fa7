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
# A tree that has what image.sh looks for, of which nothing can be built: a slot it gets.
slots_of_their_own()
{
	local kdir=$TMP/tree compiler n=0

	mkdir -p "$kdir"/arch/x86/{kvm/svm,configs,include/uapi/asm}
	echo "failing := \$(error nothing is built here)" > "$kdir/Makefile"
	touch "$kdir"/{Kconfig,arch/x86/kvm/svm/sev.c,arch/x86/configs/x86_64_defconfig}
	echo SNP_LAUNCH_START > "$kdir/arch/x86/include/uapi/asm/kvm.h"
	for compiler in COMPILER= "CC=gcc -DOTHER" "CC=gcc" "$other_compiler"; do
		expect 2 "nothing is built here" env "$compiler" "$ROOT/tools/image.sh" \
			--out "$TMP/slots" --kdir "$kdir" || return
		n=$((n + 1))
	done
	find "$TMP/slots/image" -mindepth 1 -maxdepth 1 -type d > "$TMP/list"
	[ "$(wc -l < "$TMP/list")" = $n ] || { cat "$TMP/list"; return 1; }
}

ok "each compiler has a slot of its own" slots_of_their_own
ok "gcc" built "" "${image[@]}"
first=$(value IMAGE)
ok "$other_compiler" built "$other_compiler" other_image
ok "run" expect 0 ", $other_compiler, sanitized: " env "$other_compiler" "$ROOT/run_tests.sh" --platform src \
	--kdir "$other_tree" "${other_options[@]}" --out "$TMP/out" snp_psc_msr_test
ok "gcc again" built "" "${image[@]}"
ok "gcc again has the image it had" test "$(value IMAGE)" = "$first"

finish
