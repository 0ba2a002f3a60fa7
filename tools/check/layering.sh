#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Folders need only those below them; the order is in layering.pl, with which this test
# looks at the suite, and then at copies of it that are wrong.  And files of the kernel
# image say what they stand for, as lib/inproc/src/kernel/README has it.
. "$(dirname "$0")/lib.sh"

copy=$TMP/suite
build=$TMP/build

layering()
{
	"$ROOT/tools/check/layering.pl" "$@"
}

ok "folders need only those below them" layering "$ROOT" "$BUILD"
# Nothing of what follows says more, then.
[ -d "$BUILD/obj/x86_64" ] || finish

mkdir -p "$copy" "$build/obj/lib"
cp -a "$ROOT"/{include,lib,x86_64} "$copy" && cp -a "$BUILD/obj/x86_64" "$build/obj" &&
	cp -a "$BUILD"/obj/lib/* "$build/obj/lib" && cp -a "$BUILD/pic" "$build" || exit 1
ok "a copy is as good" layering "$copy" "$build"

# finds TEXT: the copy, wrong in one way, makes it print just that.
finds()
{
	local line=$1 output status=0

	output=$(layering "$copy" "$build" 2>&1) || status=$?
	[ "$status" = 1 ] && [ "$output" = "$line" ] && return
	echo "wanted status 1 and '$line', got status $status and '$output'"
	return 1
}

# includes FILE HEADER TEXT DESCRIPTION: one line more in the file.
includes()
{
	printf '#include "%s"\n' "$2" >> "$copy/$1"
	ok "$4" finds "$1 needs $3"
	cp -a "$ROOT/$1" "$copy/$1"
}

includes lib/check/state.c snp/snp_vm.h "include/snp/snp_vm.h of lib/snp, which is above it" \
	"a source includes a header of a folder above"
includes include/exits/cert.h check/names.h \
	"include/check/names.h of lib/check, which is above it" "so does a header"
includes lib/exits/cert.c requirements/psc.h \
	"include/requirements/psc.h of lib/check, which is above it" "requirements are lib/check's"
includes lib/tdx/td_vm.c snp/snp_vm.h "include/snp/snp_vm.h of lib/snp, which is beside it" \
	"one vendor's folder needs the other's"
includes lib/guest/ghcb.c kvm_util.h "kvm_util.h of libkvm, which is for hosts" \
	"guest code includes a header for hosts"
includes x86_64/snp_psc_test.c ../lib/inproc/device.h \
	"lib/inproc/device.h of lib/inproc, which is apart from it" \
	"a test looks into the in-process KVM"
includes lib/inproc/device.h check/state.h \
	"include/check/state.h of lib/check, which is apart from it" \
	"the in-process KVM knows of tests"
includes lib/inproc/engine/gate.c src/src.h \
	"lib/inproc/src/src.h of lib/inproc/src, which is above it" "an engine knows the platform"
includes lib/inproc/ref/hlt.c src/vm/vm.h \
	"lib/inproc/src/vm/vm.h of lib/inproc/src/vm, which is beside it" \
	"one platform needs the other"
includes lib/inproc/src/kernel/amd/psp.c ../watch/race.h \
	"lib/inproc/src/watch/race.h of lib/inproc/src/watch, which is above it" \
	"the image looks behind its border"
includes lib/inproc/src/host.c kernel/glue.h \
	"lib/inproc/src/kernel/glue.h of lib/inproc/src/kernel, which is apart from it" \
	"and the process behind it"
includes lib/guest/ghcb.c guest/psc.h "include/guest/psc.h of lib/guest/psc, in a circle
include/guest/psc.h needs include/guest/ghcb.h of lib/guest/ghcb, in a circle" \
	"two files of a folder need each other"

# calls FILE FUNCTION TEXT DESCRIPTION: a new source, which declares the function itself.
calls()
{
	local object=$build/obj/${1%.c}.o

	[[ $1 != lib/inproc/* ]] || object=$build/pic/${1%.c}.o
	printf 'void %s(void);\nvoid wrong(void);\n\nvoid wrong(void)\n{\n\t%s();\n}\n' "$2" "$2" \
		> "$copy/$1"
	mkdir -p "$(dirname "$object")"
	cc -c "$copy/$1" -o "$object" || exit 1
	ok "$4" finds "$3"
	rm "$copy/$1" "$object"
}

calls lib/check/wrong.c snp_vm_free \
	"lib/check/wrong.c needs snp_vm_free of lib/snp, which is above it" \
	"a source calls a function of a folder above"
calls lib/inproc/src/watch/wrong.c hw_vmrun \
	"lib/inproc/src/watch/wrong.c needs hw_vmrun of lib/inproc/src/hw, which is above it" \
	"so does one of the in-process KVM"
calls lib/inproc/base/wrong.c read \
	"lib/inproc/base/wrong.c needs read of lib/inproc, which is above it" \
	"and one calls a function that stands before libc's"
mkdir "$copy/lib/attic" "$copy/lib/inproc/src/attic"
calls lib/attic/wrong.c check_note "lib/attic has no place in the order" "a folder is new"
calls lib/inproc/src/attic/wrong.c inproc_diag \
	"lib/inproc/src/attic has no place in the order" "so is one of the in-process KVM"

touch "$copy/lib/check/late.c"
ok "a source has not been built" finds "lib/check/late.c has not been built: no $build/obj/lib/check/late.o"

touch "$copy/lib/check/"{later,latest,last}.c
ok "several have not been" finds "4 sources have not been built in $build: make does that"

# Both in the first comment; glue stands for nothing.
says_what_for()
{
	local file first wrong=0

	for file in "$ROOT"/lib/inproc/src/kernel/{,*/}*.[cS]; do
		first=$(sed -n '2,/\*\//p' "$file")
		[[ $first =~ ^/\*$'\n'" * Glue"[:\ ] ]] && continue
		[[ $first =~ ^/\*$'\n'" * Stands for " ]] &&
			grep -qiE '\b(stubs?|fakes?|model|exact)\b' <<< "$first" && continue
		echo "$file does not say what it stands for, or not whether it is a stub, a fake or a model"
		wrong=1
	done
	return $wrong
}
ok "files of the image say what they stand for" says_what_for

finish
