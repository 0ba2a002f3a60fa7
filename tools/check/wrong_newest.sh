#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Wrong kernels of today: each patch makes one mistake in the tree in KDIR, or in the newest
# that was fetched, which has a tdx.c and what upstream repaired since 6.12.  The tests have
# to turn red there, and to name the requirement that is broken.
#
#	wrong_kernels/tdx/	in tdx.c.  Without a tree that has one wrong_models.sh
#				shows the same of the tests on the reference model.
#	wrong_kernels/newest/	anywhere in KVM: mostly what was repaired, taken back
#
# The patches are made for 7.3.4; one that a tree has no place for is skipped.
#
# Header of a patch, as in wrong_kernels.sh: Wrong, Requirement, Also, Base, Not-known, Run,
# Timeout, Alone, Set; and Races: as COCO_RACES has it, where two threads have to be searched for
# longer than by default.
#
# By default that is the short set: what no model can get wrong, and some of each subject; and
# of the tests the cases whose rows list one of the requirements.  WRONG_KERNELS=each runs
# such cases on all, WRONG_KERNELS=all everything on all, WRONG_KERNELS="NAME..." everything on
# these.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wrong.sh"

dir=$ROOT/tools/check/wrong_kernels
shown=$dir/shown
right=$dir/right
source=arch/x86/kvm/vmx/tdx.c

if [ -z "${CHECK_KDIR:-}" ]; then
	echo "1..0 # SKIP no kernel tree with $source was named or fetched: make check KDIR=DIR"
	exit 0
fi
if [ ! -e "$CHECK_KDIR/$source" ]; then
	echo "1..0 # SKIP KDIR=$CHECK_KDIR has no $source"
	exit 0
fi

quick_images
list_cases '*_test.c'
# tests_in NAMES: the tests that match.
tests_in()
{
	cut -d ' ' -f 2 "$TMP/cases" | cut -d : -f 1 | grep "^$1" | sort -u
}

choose "${WRONG_KERNELS:-}" "$dir"/{tdx,newest}/*.patch
if [ ${#files[@]} = 0 ]; then
	echo "1..0 # SKIP no wrong kernel of today is called $WRONG_KERNELS; see $dir"
	exit 0
fi

kept=$BUILD/image/wrong-newest
hold "$kept"
keep "$kept/tree" "$CHECK_KDIR"
version=$(sed -n 's/^TREE=//p' "$TMP/report")

# applies FILE: with what it goes on.  The tests then tell whether it is in the right place.
applies()
{
	local work=$TMP/applies base f
	rm -rf "$work"
	base=$(header "$1" Base)
	cat ${base:+"$right/$base"} "$1" > "$TMP/applies.patch"
	for f in $(sed -n 's#^+++ b/\([^	]*\).*#\1#p' "$TMP/applies.patch" | sort -u); do
		[ -e "$CHECK_KDIR/$f" ] || return
		mkdir -p "$work/${f%/*}"
		cp "$CHECK_KDIR/$f" "$work/$f"
	done
	patch -d "$work" -p1 --batch --forward -s -r - \
		< "$TMP/applies.patch" > /dev/null 2>&1
}

# What to run on the wrong kernel of a file, one a line.
tests_for()	# FILE
{
	local run
	run=$(header "$1" Run)
	if [ -n "$run" ]; then
		tr -s ' ' '\n' <<< "$run"
	elif in_short; then
		concerned "$1"
	elif [[ $1 == */newest/* ]]; then
		tests_in ''
	else
		tests_in tdx_
	fi
}

# run_cases NAME [CASE...]: as run() has set its variables.
run_cases()
{
	local name=$1 status=0

	WRONG_KERNEL=$kept/tree WRONG_BASE= WRONG_WORK=$TMP/$name.image WRONG_SOURCE=$source \
		env ${races:+"COCO_RACES=$races"} timeout -k 5 $LONGEST "$ROOT/tools/run.pl" --summary-only $strict \
		--root "$TMP/root" --build "$BUILD" --platform src --engine unicorn \
		--kdir "$CHECK_KDIR" --out "$TMP/$name.out" "${options[@]}" -- "${@:2}" \
		> "$TMP/$name.log" 2>&1 < /dev/null || status=$?
	rm -rf "$TMP/$name.image"
	echo $status > "$TMP/$name.status"
}

# run NAME STRICT FILE [TEST...]: the tests on the tree with the patch, if one is named; the
# output goes to $TMP/NAME.log, the status to $TMP/NAME.status.
run()
{
	local name=$1 strict=$2 file=$3 base seconds id
	local -a options=()
	local races=

	if [ -n "$file" ]; then
		races=$(header "$file" Races)
		base=$(header "$file" Base)
		[ -z "$base" ] || options+=(--patch "$right/$base")
		options+=(--patch "$file")
		seconds=$(header "$file" Timeout)
		[ -z "$seconds" ] || options+=(--timeout "$seconds")
		id=$(header "$file" Not-known)
		[ -z "$id" ] || options+=(--known-issues "$(not_known "$id")")
	fi
	case $file in
	''|*/right/*) run_cases "$name" "${@:4}" ;;
	*)	run_selected "$name" "$file" "${@:4}" ;;
	esac
}

# right NAME: a tree without a mistake; what it is known to fail does not count.
right()
{
	[ "$(cat "$TMP/$1.status")" = 0 ] && return
	echo "status $(cat "$TMP/$1.status"); it said:"
	tail -n 20 "$TMP/$1.log"
	return 1
}

fits=()
lacking=()
for file in "$right"/tdx_*.patch "${files[@]}"; do
	if applies "$file"; then
		fits+=("$file")
	else
		lacking+=("$file")
	fi
done
batch "$kept/tree" "$CHECK_KDIR" "${fits[@]}"

# What runs first on a wrong kernel has to pass on the right one, but for known issues: of a part
# of the cases none may show.
declare -A selected
for file in "${fits[@]}"; do
	selected[$file]=$(tests_for "$file")
done
if in_short; then
	pool run right '' '' $(for file in "${fits[@]}"; do
		first "$(basename "$file" .patch)" <<< "${selected[$file]}"
	done | sort -u)
else
	pool run right --strict '' $(tests_in '')
fi
for file in "${fits[@]}"; do
	name=${file##*/}
	pool run "${name%.patch}" --strict "$file" ${selected[$file]}
done
wait

# What the reference model cannot get wrong, because it is no kernel, or nobody sees it read
# memory; but for what a kernel is known to fail, which was seen failing there.
each_named()
{
	local id missing=0
	grep -LE '^Set:\s*all' "$dir"/{tdx,newest}/*.patch | xargs sed -n 's/^Requirement:[ 	]*//p' |
		tr -s ', ' '\n' > "$TMP/named.ids"
	for id in $(grep ' tdx_' "$TMP/cases" | cut -d ' ' -f 1 | grep -v '^TDX-' | sort -u); do
		grep -qx -e "$id" "$TMP/named.ids" && continue
		grep -q "^$id |" "$ROOT/tools/known-issues" && continue
		echo "no wrong kernel of the short set has to name $id"
		missing=1
	done
	return $missing
}

# verdict FILE JUDGE DESCRIPTION: of what was run, unless it could not be.
verdict()
{
	local name=${1##*/}
	if [[ " ${lacking[*]} " == *" $1 "* ]]; then
		skip "$3" "does not apply to $version"
	else
		ok "$3" $2 "${name%.patch}" "$1"
	fi
}

ok "right: the tree as it is" right right
for file in "$right"/tdx_*.patch; do
	verdict "$file" right "right: $(header "$file" Right)"
done
for file in "${files[@]}"; do
	name=${file##*/}
	verdict "$file" judged "${name%.patch}: $(header "$file" Wrong)"
done
ok "every requirement that no model can break has a wrong kernel" each_named
finish
