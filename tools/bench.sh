#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Measure exits and round trips on every KVM that can serve here, side by side.
# Called by make bench, when all is built.
#
#	[BUILD=DIR] [KDIR=DIR] [RUNS=N] [MOST=N] [BASE=FILE] tools/bench.sh
#
# The tree is KDIR as it is, or the default tree with our certificate exit.  All is measured
# RUNS times, 3 by default, and nothing with more than MOST vCPUs, entries or VMs.  Prints a
# table, and keeps a CSV file and a picture in BUILD/bench; BASE is the CSV file of an earlier one,
# which the picture shows, too.
set -eu
export LC_ALL=C

root=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$root/build}
bench=$build/tools/bench
: "${MOST:=}"

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
rows=$(mktemp -d)
trap 'rm -rf "$rows"' EXIT

measure()	# COMMAND...: the program's rows of this run, without what libkvm has to say
{
	"$@" < /dev/null > "$rows/one" || die "failed: $*"
	sed -n "s/.*\t/$run\t&/p" "$rows/one" >> "$rows/all"
}

src()	# ENGINE MODE NAME: a mode of the program on the in-process KVM
{
	measure env COCO_PLATFORM=src COCO_ENGINE="$1" COCO_IMAGE="$image" \
		LD_PRELOAD="$build/inproc/libinproc-src.so" "$bench" "$2" "$3" $MOST
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

for run in $(seq "${RUNS:-3}"); do
	if [ -z "$why_not_kvm" ]; then
		for mode in exit vcpus vms; do
			measure "$bench" $mode /dev/kvm $MOST
		done
	fi
	for engine in "${engines[@]}"; do
		for mode in exit snp vcpus; do
			src "$engine" $mode "src/$engine"
		done
	done
	for mode in kernel entries vms; do
		src "${engines[0]}" $mode src
	done
done
mkdir -p "$build/bench"
"$root/tools/bench.pl" ${BASE:+--base "$BASE"} --out "$build/bench/$(date +%Y%m%d-%H%M%S)" \
	--title "$(sed -n 's/^TREE=//p; s/^PATCHES=\(..*\)/+ \1/p' <<< "$answer" | paste -s -d ' ')" \
	${why_not_kvm:+--without "/dev/kvm: $why_not_kvm"} "$rows/all"
