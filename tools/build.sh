#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Bring build/ up to date: the default kernel tree, and what tools/build.mk makes.
#
#	[BUILD=DIR] tools/build.sh [TARGET...]
#
# One at a time in a build directory.  One that belongs to somebody else will do
# if nothing has to be done in it.  Status 0, or 2 with a message on stderr.
set -eu

cd "$(dirname "$0")/.."
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

if [ -e "$build" ] && [ ! -w "$build" ]; then
	"${make[@]}" --question 2> /dev/null && exit 0
	echo "build.sh: $build is out of date, and not yours to write to:" \
		"let its owner build, or set BUILD to a directory of your own" >&2
	exit 2
fi

mkdir -p "$build" || exit 2
tools/tree.sh --out "$build" > /dev/null
exec 9> "$build/.lock"
flock 9
# The make must not keep the lock when it leaves something running.
"${make[@]}" --jobs="$(nproc)" 9>&- || {
	echo "build.sh: the build failed" >&2
	exit 2
}
