#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Get the default kernel tree: unpack what the suite needs of Debian's
# linux-source package, and print where it lies.
#
#   tools/tree.sh [--out DIR]	prints DIR/linux-source-6.12
#
# About a tenth of the package is unpacked: whatever configures and builds KVM's
# objects, the selftests, and the documents that KVM patches usually touch; of
# the rest, Kconfig files and makefiles.
#
# Status 0, or 2 with a message on stderr.
set -eu

version=6.12
name=linux-source-$version
# For the suite's own tests; a user has no reason to set it.
tarball=${COCO_TARBALL:-/usr/src/$name.tar.xz}
out=build

die()
{
	echo "tree.sh: $*" >&2
	exit 2
}

while [ $# -gt 0 ]; do
	case $1 in
	--out)	[ $# -ge 2 ] || die "--out needs a directory"
		out=$2; shift 2 ;;
	*)	die "unknown argument '$1'" ;;
	esac
done

[ -r "$tarball" ] || die "$tarball is missing: apt-get install $name, or ./run_tests.sh --setup"

mkdir -p "$out" 2>/dev/null || die "cannot create $out"
out=$(cd "$out" && pwd)
tree=$out/$name
stamp=$out/$name.stamp

# An upgraded package, or another list of files below, is another tree.
key="$(stat -c '%s %Y' "$tarball") $(cksum < "$0")"

current()
{
	[ -d "$tree" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$key" ]
}

if current; then
	echo "$tree"
	exit 0
fi

[ -w "$out" ] || die "$out is not yours to write to, and has no up-to-date kernel tree"
exec 9> "$out/.tree.lock"
flock 9
if current; then
	echo "$tree"
	exit 0
fi

# Whole directories ...
dirs="
	Documentation/arch/x86
	Documentation/virt
	arch/x86
	block
	certs
	crypto
	drivers/crypto/ccp
	drivers/iommu/amd
	drivers/virt
	fs/kernfs
	include
	init
	io_uring
	ipc
	kernel
	lib
	mm
	rust
	scripts
	security
	tools/arch/x86
	tools/bpf/resolve_btfids
	tools/build
	tools/include
	tools/lib
	tools/objtool
	tools/scripts
	tools/testing/selftests/kselftest
	tools/testing/selftests/kvm
	tools/testing/selftests/rseq
	tools/testing/selftests/kselftest.h
	tools/testing/selftests/kselftest_harness.h
	usr
	virt
"
# ... and of everything else the files that a kernel build reads to configure, and
# headers that its other parts include.
files="
	*/Kbuild*
	*/Kconfig*
	*/Makefile*
	fs/*.h
	net/*.h
	*/*.mk
	COPYING
	CREDITS
	Kbuild
	Kconfig
	MAINTAINERS
	Makefile
"

set -f
args=(--wildcards --wildcards-match-slash)
for pattern in $dirs; do
	args+=("$name/$pattern")
done
for pattern in $files; do
	args+=("$name/$pattern")
done
set +f

tmp=$out/.$name.$$
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' INT TERM HUP
mkdir "$tmp"

echo "unpacking $tarball" >&2
# tar exits with 2 when a pattern matches nothing: then the list above is stale.
tar --extract --file="$tarball" --directory="$tmp" --no-same-owner "${args[@]}" ||
	die "cannot unpack $tarball (does $out have 500 MB free?)"

rm -f "$stamp"
if [ -e "$tree" ]; then
	mv "$tree" "$tmp/old"
fi
mv "$tmp/$name" "$tree"
printf '%s\n' "$key" > "$stamp"
echo "$tree"
