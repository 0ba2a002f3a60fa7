#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The ten races that upstream has repaired (repairs names the commits), each taken back in the
# newest tree that was fetched: the search of the default run, which is told of no pair, has to
# find it.  It ends with the first test that finds something, of those that the patched files
# have to do with.  And CVE-2026-31591, in 6.12 as it is.
#
# This takes minutes, so it is for RACE_REPAIRS=all, or RACE_REPAIRS="NAME..." of wrong kernels.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wrong.sh"
unset COCO_RACES COCO_PAIR COCO_TRIPLES

races=(
	"309d28576f0a ap_event_too_early"
	"ecf371f8b02d order_vcpu_move"
	"cb923ee6a80f order_finish_vcpus"
	"8075360f3b96 order_update_vmsa_vcpus"
	"624bf3440d72 order_vcpu_create"
	"b6408b6cec5d order_region_type"
	"CVE-2026-74607 order_mirror_owner"
	"2bc2694fe20b td_slot_retry"
	"15945e9ec195 td_lock_vcpus"
	"9a89894f30d5 td_lock_mmu"
)

if [ -z "${RACE_REPAIRS:-}" ]; then
	echo "1..0 # SKIP a search of minutes: RACE_REPAIRS=all"
	exit 0
fi
if [ -z "${CHECK_KDIR:-}" ] || [ ! -e "$CHECK_KDIR/arch/x86/kvm/vmx/tdx.c" ]; then
	echo "1..0 # SKIP no kernel tree with a tdx.c was named or fetched: make check KDIR=DIR"
	exit 0
fi

files=()
for race in "${races[@]}"; do
	[[ $RACE_REPAIRS != all && " $RACE_REPAIRS " != *" ${race#* } "* ]] ||
		files+=("$ROOT/tools/check/wrong_kernels/newest/${race#* }.patch")
done
quick_images
kept=$BUILD/image/wrong-races
hold "$kept"
keep "$kept/tree" "$CHECK_KDIR"
batch "$kept/tree" "$CHECK_KDIR" ${files[@]+"${files[@]}"}
grep -v '^ORDER-' "$ROOT/tools/known-issues" > "$TMP/known"

# run NAME ROOT KDIR KNOWN TEST [OPTION...]: the status
run()
{
	local name=$1 root=$2 kdir=$3 known=$4 test=$5

	shift 5
	rm -rf "$TMP/$name.out" "$TMP/$name.image"
	WRONG_KERNEL=$kept/tree WRONG_BASE= WRONG_WORK=$TMP/$name.image \
		WRONG_SOURCE=arch/x86/kvm/vmx/tdx.c "$ROOT/tools/run.pl" --summary-only --strict \
		--root "$root" --build "$BUILD" --platform src --engine unicorn --timeout 7200 \
		--kdir "$kdir" --out "$TMP/$name.out" --known-issues "$known" "$@" -- "$test" \
		> "$TMP/$name.log" 2>&1 < /dev/null
}

# tests_of PATCH: a vendor's part of KVM is of no interest to the other one's VMs.
tests_of()
{
	local svm='sev_pairs_test snp_pairs_test snp_guest_pairs_test'
	local vmx='tdx_pairs_test tdx_guest_pairs_test'

	if [ -z "$1" ]; then
		echo $svm
	elif grep '^+++ ' "$1" | grep -qv '/vmx/'; then
		echo $svm $(! grep '^+++ ' "$1" | grep -qv '/svm/' || echo $vmx)
	else
		echo $vmx
	fi
}

# A line for each of the failures that a run has told of: the pair, and after how many schedules.
tell()	# NAME SECONDS
{
	cat "$TMP/$1.out"/*/*.tap "$TMP/$1.out"/*.tap 2> /dev/null |
		sed -n -e 's/^# FAIL [^ ]* \([A-Z-]*\) ([^:]*: \(.*\)/# \1: \2/p' \
		       -e 's/^# \(found by schedule .*\)/#   \1/p' | cut -c1-200 | head -n 12
	echo "# in $2 s"
}

# found NAME ROOT KDIR KNOWN [OPTION...]: by some pair
found()
{
	local begin=$SECONDS status=0 test

	for test in $(tests_of "${6-}"); do
		run "${@:1:4}" "$test" "${@:5}" || status=$?
		[ $status = 0 ] || break
	done
	echo "# $test:"
	[ $status = 1 ] || tail -n 20 "$TMP/$1.log"
	tell "$1" $((SECONDS - begin))
	[ $status = 1 ]
}

# A case, of which is told what was found.
search()	# DESCRIPTION NAME...
{
	local description=$1 status=0
	shift
	found "$@" > "$TMP/$1.told" || status=1
	cat "$TMP/$1.told"
	ok "$description" test $status = 0
}

for file in ${files[@]+"${files[@]}"}; do
	name=${file##*/}
	search "${name%.patch}: $(header "$file" Wrong)" "${name%.patch}" "$TMP/root" \
		"$CHECK_KDIR" "$ROOT/tools/known-issues" --patch "$file"
done
[[ " all 31591 " != *" $RACE_REPAIRS "* ]] ||
	search "CVE-2026-31591 in 6.12" 31591 "$ROOT" "$BUILD/linux-source-6.12" "$TMP/known"
finish
