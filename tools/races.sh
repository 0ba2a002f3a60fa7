#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every pair of calls in the tables of x86_64/*_pairs_test.c, in every order that switches
# between two threads can make; make races runs it on the newest tree that was fetched.
#
#	[BUILD=DIR] [KDIR=DIR] tools/races.sh [--switches N] [--schedules M] [--seconds S]
#		[--again] [--patch FILE]... [CASE...]
#
# Switches before their time in one schedule: at most N (default 1); at most M schedules of a
# pair (default: all); at most S seconds for a case, which is a call with all others (default
# 3600).  A CASE is TEST:CASE as for run_tests.sh; default: all.  What has been searched and
# was clean is left out when it is run again with the same, but for --again.
#
# Status 0; 1 something was found; 2 usage or set-up, or a case that could not be run.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$root/build}

die()
{
	echo "races.sh: $*" >&2
	exit 2
}

number()	# OPTION VALUE LARGEST
{
	[[ ${2-} =~ ^[1-9][0-9]{0,8}$ ]] && [ "$2" -le "$3" ] ||
		die "$1: '${2-}' is not a number from 1 to $3"
	echo "$2"
}

# As lib/cases/interleave.c has it.
most=6
switches=1 schedules='' seconds=3600 again='' patches=() cases=()
while [ $# -gt 0 ]; do
	case $1 in
	--switches)	switches=$(number "$1" "${2-}" $most) || exit 2; shift ;;
	--schedules)	schedules=,$(number "$1" "${2-}" 999999999) || exit 2; shift ;;
	--seconds)	seconds=$(number "$1" "${2-}" 999999) || exit 2; shift ;;
	--patch)	[ -r "${2-}" ] || die "--patch: cannot read '${2-}'"
			patches+=(--patch "$2"); shift ;;
	--again)	again=1 ;;
	-*)		die "unknown option $1" ;;
	*)		cases+=("$1") ;;
	esac
	shift
done

kdir=${KDIR:-debian:newest}
"$root/tools/build.sh" all >&2 || exit 2
image=$("$root/tools/image.sh" --out "$build" --kdir "$("$root/tools/tree.sh" --out "$build" \
	--fetched "$kdir" 2> /dev/null || echo "$kdir")" ${patches[@]+"${patches[@]}"} |
	sed -n 's/^IMAGE=//p')
[ -n "$image" ] || die "no image of $kdir"
export COCO_RACES=$switches$schedules

if [ ${#cases[@]} = 0 ]; then
	for test in "$build"/x86_64/*_pairs_test; do
		while read -r case _; do
			cases+=("${test##*/}:$case")
		done < <("$test" --list)
	done
fi
mkdir -p "$build/races"
# An image's name has what it was made of.
done=$build/races/$(basename "$image" .elf)-$COCO_RACES
[ -z "$again" ] || rm -f "$done"
touch "$done"

log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
nr=0 status=0 total=0
begin=$SECONDS
for case in "${cases[@]}"; do
	nr=$((nr + 1))
	! grep -qxF "$case" "$done" || continue
	began=$SECONDS result=0
	"$root/run_tests.sh" --platform src --kdir "$kdir" --timeout "$seconds" -j 1 \
		${patches[@]+"${patches[@]}"} --out "$log" "$case" > "$log/all" 2>&1 || result=$?
	found=$(cat "$log"/*/*.tap "$log"/*.tap 2> /dev/null |
		sed -n 's/^# .*: \([0-9]*\) schedules$/\1/p' | awk '{ n += $1 } END { print n + 0 }')
	total=$((total + found))
	printf '%3d/%d  %-48s %6d schedules %5d s  ' $nr ${#cases[@]} "$case" "$found" \
		$((SECONDS - began))
	cut=$(cat "$log"/*/*.tap "$log"/*.tap 2> /dev/null |
		grep -c '^# the search has used up its schedules' || :)
	case $result in
	0)	echo "clean$([ "$cut" = 0 ] || echo ", $cut pairs not to their end")"
		echo "$case" >> "$done" ;;
	1)	echo FOUND; grep -h '^# \|^[[:space:]]*# ' "$log/all" || :; status=1 ;;
	4)	echo "skipped: $(sed -n 's/^src.*: skipped: //p' "$log/all" | head -n 1)" ;;
	*)	echo "not run (status $result)"; head -n 5 "$log/all"; [ $status = 1 ] || status=2 ;;
	esac
done
echo "$total schedules in $((SECONDS - begin)) s"
exit $status
