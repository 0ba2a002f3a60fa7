#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Build the suite against a tree's own libkvm, and put all that runs, without this repository or
# the tree, into one directory: what "make install" copies.
#
#	[TESTS="NAME..."] tools/kselftest/stage.sh OUT TREE [HEADERS]
#
# OUT is where to build; OUT/kselftest has the tests' programs, in_process.sh, and suite/, which
# that one needs.  HEADERS/usr/include has the tree's uAPI headers, if the user has made them.
# Where the tree's KVM cannot be built in_process.sh will say why.
set -eu -o pipefail
export LC_ALL=C

cd "$(dirname "$0")/../.."
root=$PWD out=$1 tree=$2 headers=${3-}
stage=$out/kselftest suite=$out/kselftest/suite
# Options of the make above, and its compiler, are for the kernel.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL OUTPUT O BUILD CFLAGS KHDR_INCLUDES

mkdir -p "$out"
exec 9> "$out/.lock"
flock 9
# In the place of the default tree (tools/build.mk).
if [ "$(readlink "$out/linux-source-6.12")" != "$tree" ]; then
	rm -rf "$out/linux-source-6.12" "$out"/{uapi,libkvm,libkvm.stamp}
	ln -s "$tree" "$out/linux-source-6.12"
	echo "$tree" > "$out/linux-source-6.12.stamp"
fi
if [ -e "$headers/usr/include/linux/kvm.h" ] && [ ! -e "$out/uapi" ]; then
	mkdir -p "$out/uapi/usr"
	ln -s "$headers/usr/include" "$out/uapi/usr/include"
	touch "$out/uapi.stamp"
fi
# Whoever works on a tree changes its library, too.
if [ -n "$(find "$tree/tools/testing/selftests/kvm"/{Makefile*,lib,include} \
		-newer "$out/libkvm.stamp" -print -quit 2> /dev/null)" ]; then
	rm "$out/libkvm.stamp"
fi
build()
{
	(unset LLVM CC
	make -s --no-print-directory -f tools/build.mk BUILD="$out" -j "$(nproc)" "$@" 9>&-)
}
names=${TESTS:-$(cd x86_64 && printf '%s\n' *_test.c | sed 's/\.c$//')}
# Unquoted: one word a test.
build $(printf "$out/x86_64/%s " $names)

# The suite's own tests have what takes long there already.
built=${COCO_BUILT:-$out}
why=$(tools/setup.sh src unicorn 2>&1) &&
	{ [ "$built" != "$out" ] || build "$out/inproc/libinproc-src.so"; } &&
	tools/image.sh --out "$built" --kdir "${CHECK_KDIR:-$tree}" > "$out/said" 9>&- || {
	echo "kvm-coco: in_process.sh will be skipped: ${why:-no kernel image}" >&2
	rm -f "$out/said"
}

rm -rf "$stage"
mkdir -p "$suite/inproc" "$suite/tools"
ln $(printf "$out/x86_64/%s " $names) "$stage/"
cp -p tools/kselftest/in_process.sh "$stage/"
cp -pr tools/run.pl tools/lib tools/known-issues tools/results "$suite/tools/"
if [ -e "$out/said" ]; then
	cp "$built/inproc/libinproc-src.so" "$suite/inproc/"
	cp "$(sed -n 's/^IMAGE=//p' "$out/said")" "$suite/image.elf"
	sed 's/^IMAGE=.*/IMAGE=image.elf/; /^SLOT=/d' "$out/said" > "$suite/said"
else
	printf '%s\n' "${why:-no kernel image could be built}" | head -n 1 > "$suite/why"
fi
