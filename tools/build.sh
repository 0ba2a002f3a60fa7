#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Bring build/ up to date: the default kernel tree, and what tools/build.mk makes.
#
#	[BUILD=DIR] tools/build.sh [TARGET...]
#	[BUILD=DIR] tools/build.sh --current [TARGET...]	status 1 if there is anything to do
#
# One at a time in a build directory.  One that belongs to somebody else will do
# if nothing has to be done in it.  Status 0, or 2 with a message on stderr.
set -eu
export LC_ALL=C

cd "$(dirname "$0")/.."
. tools/moving.sh
current=
if [ "${1-}" = --current ]; then
	current=1
	shift
fi
build=${BUILD:-$PWD/build}
[ $# -gt 0 ] || set -- all
why=$(tools/path.sh checkout "$PWD" BUILD "$build") || {
	echo "build.sh: $why" >&2
	exit 2
}

make=(make --no-print-directory --silent --file=tools/build.mk "BUILD=$build" "$@")
# Options of a make above are for that one's targets.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL
# The kernel's compiler (image.sh): tests and libkvm are the same whatever it is.
unset LLVM CC

if [ -n "$current" ]; then
	"${make[@]}" --question > /dev/null 2>&1 || exit 1
	exit 0
fi
if [ -e "$build" ] && [ ! -w "$build" ]; then
	"${make[@]}" --question 2> /dev/null && exit 0
	echo "build.sh: $build is out of date, and not yours to write to:" \
		"let its owner build, or set BUILD to a directory of your own" >&2
	exit 2
fi

mkdir -p "$build" 2> /dev/null || {
	echo "build.sh: cannot create $build: set BUILD to a directory that you may write to" >&2
	exit 2
}
tools/tree.sh --out "$build" > /dev/null
exec 9> "$build/.lock"
lock 9 "$build"
left=$(($(find lib x86_64 -name '*.c' -not -path '*/kernel/*' | wc -l) -
	$(find "$build/obj/lib" "$build/obj/x86_64" "$build/pic" -name '*.o' 2> /dev/null | wc -l)))
# The make must not keep the lock when it leaves something running.
set -o pipefail
"${make[@]}" --jobs="$(nproc)" 9>&- 2>&1 | last_line $((left > 0 ? left : 1)) >&2 || {
	echo "build.sh: the build failed" >&2
	exit 2
}
