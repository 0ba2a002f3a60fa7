#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Folders need only those below them; the order is in layering.pl, with which this test
# looks at the suite, and then at copies of it that are wrong.
. "$(dirname "$0")/lib.sh"

copy=$TMP/suite
obj=$TMP/obj

layering()
{
	"$ROOT/tools/check/layering.pl" "$@"
}

ok "folders need only those below them" layering "$ROOT" "$BUILD/obj"

mkdir -p "$copy" "$obj/lib"
cp -a "$ROOT"/{include,lib,x86_64} "$copy" && cp -a "$BUILD/obj/x86_64" "$obj" &&
	cp -a "$BUILD"/obj/lib/* "$obj/lib" || exit 1
ok "a copy is as good" layering "$copy" "$obj"

# finds TEXT: the copy, wrong in one way, makes it print just that.
finds()
{
	local line=$1 output status=0

	output=$(layering "$copy" "$obj" 2>&1) || status=$?
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
includes lib/guest/ghcb.c guest/psc.h "include/guest/psc.h of lib/guest/psc, in a circle
include/guest/psc.h needs include/guest/ghcb.h of lib/guest/ghcb, in a circle" \
	"two files of a folder need each other"

# calls FILE FUNCTION TEXT DESCRIPTION: a new source, which declares the function itself.
calls()
{
	printf 'void %s(void);\nvoid wrong(void);\n\nvoid wrong(void)\n{\n\t%s();\n}\n' "$2" "$2" \
		> "$copy/$1"
	mkdir -p "$(dirname "$obj/$1")"
	cc -c "$copy/$1" -o "$obj/${1%.c}.o" || exit 1
	ok "$4" finds "$3"
	rm "$copy/$1" "$obj/${1%.c}.o"
}

calls lib/check/wrong.c snp_vm_free \
	"lib/check/wrong.c needs snp_vm_free of lib/snp, which is above it" \
	"a source calls a function of a folder above"
mkdir "$copy/lib/attic"
calls lib/attic/wrong.c check_note "lib/attic has no place in the order" "a folder is new"

touch "$copy/lib/check/late.c"
ok "a source has not been built" finds "lib/check/late.c has not been built: no $obj/lib/check/late.o"

finish
