#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Get a kernel tree: unpack what the suite needs of one of Debian's linux-source
# packages, and print where it lies.
#
#   tools/tree.sh [--out DIR]			the installed package, linux-source-6.12
#   tools/tree.sh [--out DIR] debian:VERSION	one of the archive's, see debian.sh
#   tools/tree.sh [--out DIR] --fetched debian:VERSION	the same of what was fetched before
#   tools/tree.sh [--out DIR] --list		what the archive offers
#
# A VERSION is 7.2.13; 7.3-rc7; 7.2, for the newest released 7.2; or newest, of all
# that are released.  --list prints lines "version suite package-version".
#
# About a tenth of the package is unpacked: whatever configures and builds KVM's
# objects, the selftests, and the documents that KVM patches usually touch; of
# the rest, Kconfig files and makefiles.
#
# Status 0, or 2 with a message on stderr.
set -eu -o pipefail
export LC_ALL=C

name=linux-source-6.12
# For the suite's own tests; a user has no reason to set it.
tarball=${COCO_TARBALL:-/usr/src/$name.tar.xz}
out=build want='' list='' fetched=''

die()
{
	echo "tree.sh: $*" >&2
	exit 2
}

while [ $# -gt 0 ]; do
	case $1 in
	--out)	[ $# -ge 2 ] || die "--out needs a directory"
		out=$2; shift ;;
	--list)	list=1 ;;
	--fetched) fetched=1 ;;
	debian:*) want=${1#debian:}
		[[ $want =~ ^(newest|[0-9]+\.[0-9]+(\.[0-9]+|-rc[0-9]+)?)$ ]] || die "'$1' is none" \
			"of debian:newest, debian:7.2, debian:7.2.13, debian:7.3-rc7 or the like" ;;
	*)	die "unknown argument '$1'" ;;
	esac
	shift
done

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
	tools/testing/selftests/cgroup
	tools/testing/selftests/clone3
	tools/testing/selftests/kselftest
	tools/testing/selftests/kvm
	tools/testing/selftests/rseq
	tools/testing/selftests/vfio
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

# An upgraded package, or another list of files, is another tree.
files_key=$(cksum <<< "$dirs$files")
# No reason to unpack again: what one test of the suite's own wants, which else is skipped.
files+="	tools/testing/kunit"

mkdir -p "$out" 2>/dev/null || [ -d "$out" ] || die "cannot create $out"
out=$(cd "$out" && pwd)
tmp=$out/.tree.tmp

current()	# TREE KEY
{
	[ -d "$1" ] && [ "$(cat "$1.stamp" 2>/dev/null)" = "$2" ]
}

lock()
{
	exec 9> "$out/.tree.lock"
	flock 9
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 2' INT TERM HUP
	# One that was killed has left it.
	rm -rf "$tmp"
	mkdir "$tmp"
}

unpack()	# NAME TREE KEY: of the package's tarball, on stdin
{
	local pattern args=(--wildcards --wildcards-match-slash)

	set -f
	for pattern in $dirs $files; do
		args+=("$1/$pattern")
	done
	set +f
	# What a version does not have is for image.sh to miss.
	tar --extract --xz --directory="$tmp" --no-same-owner "${args[@]}" 2> "$tmp/log" ||
		! grep -v -e 'Not found in archive' -e 'Exiting with failure' "$tmp/log" >&2 ||
		return
	[ -d "$tmp/$1" ] || return
	rm -f "$2.stamp"
	if [ -e "$2" ]; then
		mv "$2" "$tmp/old"
	fi
	mv "$tmp/$1" "$2"
	printf '%s\n' "$3" > "$2.stamp"
}

if [ -n "$want$list" ]; then
	. "$(dirname "$0")/debian.sh"
	exit
fi

[ -r "$tarball" ] || die "$tarball is missing: apt-get install $name, or ./run_tests.sh --setup"
tree=$out/$name
key="$(stat -c '%s %Y' "$tarball") $files_key"
if ! current "$tree" "$key"; then
	[ -w "$out" ] || die "$out is not yours to write to, and has no up-to-date kernel tree"
	lock
	if ! current "$tree" "$key"; then
		echo "unpacking $tarball" >&2
		unpack "$name" "$tree" "$key" < "$tarball" ||
			die "cannot unpack $tarball (does $out have 500 MB free?)"
	fi
fi
echo "$tree"
