#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Data races on the newest tree that was fetched: the fixed pairs have none but those that
# tools/known-races explains, and each of wrong_kernels/data_race/ is found.  All of these are
# in one kernel, as they have nothing to do with each other.
#
# Header of a patch: Wrong; Requirement; Race: words that the report of it has, in any order;
# Run: a case; Pair: of which only the pairs with a call whose name has this.
#
# A kernel built as KCSAN builds it takes minutes to compile, so this is for DATA_RACES=all;
# what orders accesses and what does not is tried each time, by data_race_unit.c.
. "$(dirname "$0")/lib.sh"

if [ "${DATA_RACES:-}" != all ]; then
	echo "1..0 # SKIP a kernel is compiled for this: DATA_RACES=all"
	exit 0
fi
if [ -z "${CHECK_KDIR:-}" ] || [ ! -e "$CHECK_KDIR/arch/x86/kvm/vmx/tdx.c" ]; then
	echo "1..0 # SKIP no kernel tree with a tdx.c was named or fetched: make check KDIR=DIR"
	exit 0
fi

header()	# FILE KEY
{
	sed -n "/^---/q; s/^$2:[ 	]*//p" "$1"
}

export BUILD KDIR=$CHECK_KDIR
races=("$ROOT/tools/races.sh" --data --again)
patches=("$ROOT"/tools/check/wrong_kernels/data_race/*.patch)

right()	# CASE...
{
	local log
	log=$("${races[@]}" --schedules 60 "$@") && return
	printf '%s\n' "$log"
	return 1
}

wrong()	# FILE
{
	local file=$1 log word found
	log=$(COCO_PAIR=$(header "$file" Pair) "${races[@]}" "${options[@]}" "$(header "$file" Run)")
	found=$(grep -F "$(header "$file" Requirement) " <<< "$log" | grep 'data race: ')
	for word in $(header "$file" Race); do
		found=$(grep -F " $word" <<< "$found")
	done
	[ -n "$found" ] && return
	printf '%s\n' "$log"
	return 1
}

cases=(snp_pairs_test:pair.{finish,create_vcpu,slot,finished_run}.any_order
	sev_pairs_test:pair.{es_region,es_vcpu,es_move}.any_order
	tdx_pairs_test:pair.{finalize,finalized_run,finalized_pre_fault}.any_order)
for case in "${cases[@]}"; do
	ok "$case" right "$case"
done
options=()
for file in "${patches[@]}"; do
	options+=(--patch "$file")
done
for file in "${patches[@]}"; do
	name=${file##*/}
	ok "${name%.patch}: $(header "$file" Wrong)" wrong "$file"
done
finish
