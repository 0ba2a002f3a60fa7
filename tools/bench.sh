#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Measure exits and round trips on every KVM that can serve here, side by side.
# Called by make bench, when all is built.
#
#	[BUILD=DIR] [KDIR=DIR] tools/bench.sh
#
# The tree is KDIR as it is, or the default tree with our certificate exit.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$root/build}
bench=$build/tools/bench

die()
{
	echo "bench.sh: $*" >&2
	exit 2
}

if [ -n "${KDIR-}" ]; then
	tree=(--kdir "$KDIR")
else
	tree=(--patch "$root/tools/patches/6.12/coco-v1.patch")
fi
answer=$("$root/tools/image.sh" --out "$build" "${tree[@]}") || exit 2
image=$(sed -n 's/^IMAGE=//p' <<< "$answer")
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT

measure()	# COMMAND...: the program without what libkvm has to say
{
	"$@" < /dev/null > "$rows" || die "failed: $*"
	grep -v "^Random seed" "$rows"
}

src()	# ENGINE MODE NAME: a mode of the program on the in-process KVM
{
	measure env COCO_PLATFORM=src COCO_ENGINE="$1" COCO_IMAGE="$image" \
		LD_PRELOAD="$build/inproc/libinproc-src.so" "$bench" "$2" "$3"
}

engines=()
why_not_kvm=
if [ ! -e /dev/kvm ]; then
	why_not_kvm="there is no /dev/kvm"
elif ! { : <> /dev/kvm; } 2> /dev/null; then
	why_not_kvm="/dev/kvm cannot be opened"
else
	engines+=(kvm)
fi
if ldd "$build/inproc/libinproc-src.so" | grep -q libunicorn; then
	engines+=(unicorn)
fi
[ ${#engines[@]} -gt 0 ] || die "no engine: $why_not_kvm, and built without unicorn"

sed -n 's/^TREE=/tree: /p; s/^PATCHES=\(..*\)/patches: \1/p' <<< "$answer"
printf '\n%-44s %-16s %9s %9s %12s\n' "nanoseconds an operation" "KVM" median best operations
if [ -n "$why_not_kvm" ]; then
	printf '%-44s %-16s %s\n' "port-I/O exit, ordinary VM" "/dev/kvm" "not here: $why_not_kvm"
else
	measure "$bench" exit /dev/kvm
fi
for engine in "${engines[@]}"; do
	src "$engine" exit "src/$engine"
	src "$engine" snp "src/$engine"
done
src "${engines[0]}" kernel src
