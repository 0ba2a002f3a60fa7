#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kselftest's entry for all tests on the tree's KVM in the process: neither SNP nor TDX, nor
# /dev/kvm, is needed.  Prints TAP, a line for each case; arguments are tests, or
# TEST:CASE (KSELFTEST_IN_PROCESS_SH_ARGS).
#
# Status 0: passed; 1: something failed; 4: nothing could be run, or all that was came to
# something that the in-process KVM lacks.
set -u
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
suite=$here/suite

skip()
{
	echo "TAP version 13"
	echo "1..0 # SKIP $*"
	exit 4
}

[ -e "$suite/image.elf" ] || skip "$(cat "$suite/why")"
missing=$(ldd "$suite/inproc/libinproc-src.so" | sed -n 's/ => not found//p' | xargs)
[ -z "$missing" ] || skip "this machine has no $missing"
perl -MTAP::Harness -e 1 2> /dev/null || skip "this machine's perl has no TAP::Harness"

out=$(mktemp -d "${TMPDIR:-/tmp}/kvm-coco-XXXXXX") || exit 1
trap 'rm -rf "$out"' EXIT
trap 'exit 1' INT TERM HUP
sed "s#^IMAGE=.*#IMAGE=$suite/image.elf#" "$suite/said" > "$out/said"
status=0
"$suite/tools/run.pl" --root "$suite" --build "$suite" --programs "$here" --platform src \
	--kdir "$suite" --image "$out/said" --jobs "$(nproc)" --out "$out/results" --quiet \
	-- "$@" > "$out/log" 2>&1 || status=$?
if [ ! -s "$out/results/results.tap" ]; then
	cat "$out/log"
	exit 1
fi
cat "$out/results/results.tap"
sed -e '/^Output of each test:/d' -e 's/^/# /' "$out/results/summary"
case $status in
3)	# Of what could be driven nothing failed.
	grep '^ok ' "$out/results/results.tap" | grep -qv '# SKIP' || exit 4
	exit 0 ;;
0|1|4)	exit $status ;;
*)	exit 1 ;;
esac
