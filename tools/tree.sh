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
# About a tenth of the package is unpacked, see tree.list.
#
# Where there is no such package LIBKVM in the environment names what takes its place, once: a
# kernel tree, which is read, a tarball of one, or a repository without files, of which it is
# HEAD.  The selftests' library is built from it, so it has to be of about that version.
#
# Status 0, or 2 with a message on stderr.
set -eu -o pipefail
export LC_ALL=C

name=linux-source-6.12
# For the suite's own tests; a user has no reason to set it.
tarball=${COCO_TARBALL:-/usr/src/$name.tar.xz}
out=build want='' list='' fetched=''

. "$(dirname "$0")/moving.sh"

die()
{
	still
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

. "$(dirname "$0")/tree.list"

# An upgraded package, or another list of files, is another tree.
files_key=$(cksum <<< "$dirs$files")
# No reason to unpack again: what single tests of the suite's own want, or else are skipped.
files+="	tools/testing/kunit tools/testing/selftests/run_kselftest.sh"

mkdir -p "$out" 2>/dev/null || [ -d "$out" ] || die "cannot create $out"
out=$(cd "$out" && pwd)
tmp=$out/.tree.tmp

current()	# TREE KEY
{
	[ -d "$1" ] && [ "$(cat "$1.stamp" 2>/dev/null)" = "$2" ]
}

lock_trees()
{
	exec 9> "$out/.tree.lock"
	lock 9 "$out"
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 2' INT TERM HUP
	# One that was killed has left it.
	rm -rf "$tmp"
	mkdir "$tmp"
}

unpack()	# TOP TREE KEY [OPTION...]: of a tarball in which all lies in TOP
{
	local pattern top=$1 tree=$2 key=$3 args=(--wildcards --wildcards-match-slash)
	shift 3

	set -f
	for pattern in $dirs $files; do
		args+=("$top/$pattern")
	done
	set +f
	# What a version does not have is for image.sh to miss.
	tar --extract "$@" --directory="$tmp" --no-same-owner "${args[@]}" 2> "$tmp/log" ||
		! grep -v -e 'Not found in archive' -e 'Exiting with failure' "$tmp/log" >&2 ||
		return
	[ -d "$tmp/$top" ] || return
	rm -f "$tree.stamp"
	if [ -e "$tree" ]; then
		mv "$tree" "$tmp/old"
	fi
	mv "$tmp/$top" "$tree"
	printf '%s\n' "$key" > "$tree.stamp"
}

# The same of what LIBKVM names.
unpack_other()	# TREE KEY
{
	local top

	if [ -f "$LIBKVM" ]; then
		# Its list need not be read to the end.
		top=$(tar --list --file="$LIBKVM" 2> /dev/null | sed 's#/.*##;q' || :)
		[ -n "$top" ] && unpack "$top" "$1" "$2" --file="$LIBKVM"
	elif [ -f "$LIBKVM/Makefile" ]; then
		tar --create --directory="$LIBKVM" --transform='s#^\.#tree#S' --exclude=.git \
			--exclude='*.o' --exclude='*.a' --exclude='*.ko' --exclude='*.cmd' \
			--exclude='vmlinux*' --exclude='./include/generated' \
			--exclude='./include/config' --exclude='./arch/x86/include/generated' . |
			unpack tree "$1" "$2"
	else
		git -c safe.directory='*' -C "$LIBKVM" archive --prefix=tree/ HEAD |
			unpack tree "$1" "$2"
	fi
}

if [ -n "$want$list" ]; then
	. "$(dirname "$0")/debian.sh"
	exit
fi

tree=$out/$name
if [ -n "${LIBKVM-}" ]; then
	LIBKVM=$(readlink -f -- "$LIBKVM")
	[ -e "$LIBKVM" ] || die "LIBKVM: there is no '$LIBKVM'"
	key="$LIBKVM $({ stat -c '%s %Y' "$LIBKVM" "$LIBKVM/Makefile" 2> /dev/null || :; } |
		paste -sd ' ') $files_key"
elif [ -r "$tarball" ]; then
	key="$(stat -c '%s %Y' "$tarball") $files_key"
elif grep -qs '^/' "$tree.stamp"; then
	# LIBKVM was named before.
	key=$(cat "$tree.stamp")
else
	die "$tarball is missing: apt-get install $name, or ./run_tests.sh --setup; where there" \
		"is no such package LIBKVM=PATH names a kernel tree or tarball of about 6.12"
fi
if ! current "$tree" "$key"; then
	[ -w "$out" ] || die "$out is not yours to write to, and has no up-to-date kernel tree"
	lock_trees
	if ! current "$tree" "$key"; then
		from=${LIBKVM:-$tarball}
		moving "unpacking $from (some 20 s)"
		if [ -n "${LIBKVM-}" ]; then
			unpack_other "$tree" "$key"
		else
			unpack "$name" "$tree" "$key" --xz < "$tarball"
		fi || die "cannot unpack $from (does $out have 500 MB free?)"
		still
	fi
fi
echo "$tree"
