#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every pair of calls in the tables of x86_64/*_pairs_test.c, in every order that switches
# between two threads can make; make races runs it on the newest tree that was fetched.
#
#	[BUILD=DIR] [KDIR=DIR] tools/races.sh [--switches N] [--schedules M] [--seconds S]
#		[--again] [--data] [--triples] [--same N] [--coverage] [--patch FILE]...
#		[CASE...]
#
# Switches before their time in one schedule: at most N (default 1); at most M schedules of a
# pair (default: all); at most S seconds for a case, which is a call with all others (default
# 3600).  A CASE is TEST:CASE as for run_tests.sh; default: all.  What has been searched and
# was clean is left out when it is run again with the same, but for --again.
#
# With --data the kernel is built as KCSAN builds it, and data races are found, too, those of
# tools/known-races told of and no more; COCO_PAIR is as for the tests.  With --triples it is
# three calls at once in place of two.  With --same each search is made N times, and has to
# come to the same points, results and states each time.  --coverage searches nothing, and counts
# the pairs that a search makes, of all of the tables that can meet, in each state.
#
# A find that ends the process of a case leaves no pair out: the rest has another process.  What
# is a known issue is named, and is none that was found.
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

unset COCO_TRIPLES
# As lib/cases/interleave.c has it.
most=6
switches=1 schedules='' seconds=3600 again='' data='' triples='' same='' coverage=''
patches=() cases=()
while [ $# -gt 0 ]; do
	case $1 in
	--switches)	switches=$(number "$1" "${2-}" $most) || exit 2; shift ;;
	--schedules)	schedules=,$(number "$1" "${2-}" 999999999) || exit 2; shift ;;
	--seconds)	seconds=$(number "$1" "${2-}" 999999) || exit 2; shift ;;
	--patch)	[ -r "${2-}" ] || die "--patch: cannot read '${2-}'"
			patches+=(--patch "$2"); shift ;;
	--again)	again=1 ;;
	--data)		data=--races ;;
	--same)		same=$(number "$1" "${2-}" 1000) || exit 2; shift ;;
	--coverage)	coverage=1 ;;
	--triples)	triples=-triples; export COCO_TRIPLES=1 ;;
	-*)		die "unknown option $1" ;;
	*)		cases+=("$1") ;;
	esac
	shift
done

kdir=${KDIR:-debian:newest}
"$root/tools/build.sh" all >&2 || exit 2
tree=$("$root/tools/tree.sh" --out "$build" --fetched "$kdir" 2> /dev/null || echo "$kdir")
# build [OPTION...]: what image.sh says
build()
{
	"$root/tools/image.sh" --out "$build" --kdir "$tree" $data "$@" ||
		die "no image of $kdir"
}
mkdir -p "$build/races"
# All of KVM is long in compiling with KCSAN: only what a patch changes is, in the same slot.
slot=$build/races/slot-$(sha256sum <<< "$tree" | cut -c1-12)
if [ -n "$data" ] && { [ ${#patches[@]} = 0 ] || [ ! -e "$slot" ]; }; then
	report=$(build)
	report_slot=$(sed -n 's/^SLOT=//p' <<< "$report")
	echo "${report_slot##*/}" > "$slot"
fi
if [ -z "$data" ] || [ ${#patches[@]} != 0 ]; then
	report=$(build ${data:+--slot "$(cat "$slot")"} ${patches[@]+"${patches[@]}"})
fi
image=$(sed -n 's/^IMAGE=//p' <<< "$report")
export COCO_RACES=$switches$schedules

if [ ${#cases[@]} = 0 ]; then
	for test in "$build"/x86_64/*_pairs_test; do
		while read -r case _; do
			cases+=("${test##*/}:$case")
		done < <("$test" --list)
	done
fi
# An image's name has what it was made of.
done=$build/races/$(basename "$image" .elf)-$COCO_RACES$triples${same:+-same-$same}
[ -z "$again" ] || rm -f "$done"
touch "$done"

log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

# direct TEST [OPTION...]: without the runner; 4 if the tree has none of what it is about
direct()
{
	local vendor=amd

	[ -x "$build/x86_64/$1" ] || return 2
	if [[ $1 == tdx_* ]]; then
		vendor=intel
		grep -q '^TDX=yes' <<< "$report" || { echo "src: skipped: no tdx.c"; return 4; }
	fi
	env COCO_PLATFORM=src COCO_ENGINE=unicorn COCO_VENDOR=$vendor COCO_IMAGE="$image" \
		COCO_KNOWN_RACES="$root/tools/known-races" COCO_TIMEOUT=20 \
		LD_PRELOAD="$build/inproc/libinproc-src.so" timeout "$seconds" \
		"$build/x86_64/$1" "${@:2}" || :
}

if [ -n "$coverage" ]; then
	for test in $(printf '%s\n' "${cases[@]%%:*}" | sort -u); do
		COCO_PAIRS=1 direct "$test" 2>&1 | sed -n "s/^# \([a-z]*\) pair: /\1\t$test\t/p"
	done | sort -u | sed 's/: /\t/' | awk -F '\t' '
		{ of = $2 ", " $3 }
		!(of $4 in seen) { seen[of $4]; total[of]++; sum++ }
		$1 == "searched" { searched[of]++; done++ }
		END {
			for (of in total)
				printf "%-50s %4d of %4d pairs\n", of, searched[of], total[of] | "sort"
			close("sort")
			printf "%d of %d pairs, in the states\n", done, sum
		}'
	exit
fi
# $case so many times: 1 if two are not alike
run_same()
{
	local nr

	for ((nr = 1; nr <= same; nr++)); do
		direct "${case%%:*}" -r "${case#*:}" > "$log/case.tap" 2> /dev/null || return
		grep -v '^Random seed' "$log/case.tap" > "$log/now"
		[ $nr != 1 ] || cp "$log/now" "$log/first"
		diff "$log/first" "$log/now" | sed 's/^/# /' > "$log/diff"
		[ ! -s "$log/diff" ] || { cat "$log/diff"; return 1; }
	done
	grep -q '^\(not \)\?ok 1 ' "$log/case.tap" || return 2
}

# $case but for its first $made pairs: status as of run_tests.sh
run()
{
	if [ -n "$same" ]; then
		run_same
		return
	fi
	if [ -z "$data" ]; then
		"$root/run_tests.sh" --platform src --kdir "$kdir" --timeout "$seconds" -j 1 \
			${patches[@]+"${patches[@]}"} --out "$log" "$case"
		return
	fi
	direct "${case%%:*}" -r "${case#*:}" > "$log/case.tap" 2>&1 || return
	cat "$log/case.tap"
	# What else goes wrong is told of without --data, and may be a known issue.
	! grep -q '^# FAIL .* KERNEL-DATA-RACE ' "$log/case.tap" || return 1
	grep -q '^\(not \)\?ok 1 ' "$log/case.tap" || return 2
}

# What the last run has put out.
output()
{
	cat "$log"/*/*.tap "$log"/*.tap 2> /dev/null || :
}

nr=0 status=0 total=0
begin=$SECONDS
for case in "${cases[@]}"; do
	nr=$((nr + 1))
	! grep -qxF "$case" "$done" || continue
	began=$SECONDS made=0 schedules=0 cut=0 known='' worst=0 told=''
	# A find that ends the process leaves pairs that have not been searched.
	while :; do
		rm -rf "${log:?}"/*
		result=0
		COCO_PAIRS_MADE=$made run > "$log/all" 2>&1 || result=$?
		read -r pairs ran < <(output |
			sed -n 's/^# .*: \([0-9]*\) schedules, digest .*/\1/p' |
			awk '{ n += $1 } END { print NR + 0, n + 0 }')
		schedules=$((schedules + ran))
		cut=$((cut + $(output | awk '/^# the search has used up its schedules/' | wc -l)))
		[ $result != 0 ] || known+=$(output | sed -n 's/^# FAIL [^ ]*: \([A-Z0-9-]*\) (.*/ \1/p')
		[ $result = 0 ] || [ $worst = 1 ] || worst=$result
		[ $result != 1 ] || told+=$(output | sed -n '/^# FAIL /,/^# [^ ]*: Test /p')$'\n'
		[[ $result == [013] && -z "$same" && $((SECONDS - began)) -lt $seconds ]] || break
		[ -z "$(output | sed -n '/^# all pairs of this case have been searched/p')" ] || break
		made=$((made + pairs + 1))
	done
	total=$((total + schedules))
	known=$(tr ' ' '\n' <<< "$known" | sed '/^$/d' | sort -u | tr '\n' ' ')
	printf '%3d/%d  %-48s %6d schedules %5d s  ' $nr ${#cases[@]} "$case" "$schedules" \
		$((SECONDS - began))
	case $worst in
	0)	echo "clean${known:+ but for ${known% }}$(
			[ "$cut" = 0 ] || echo ", $cut pairs not to their end")"
		echo "$case" >> "$done" ;;
	1)	echo FOUND; status=1
		printf '%s' "$told" ;;
	4)	echo "skipped: $(sed -n 's/^src.*: skipped: //p' "$log/all" | head -n 1)" ;;
	*)	echo "not run (status $worst)"; head -n 5 "$log/all"; [ $status = 1 ] || status=2 ;;
	esac
done
echo "$total schedules in $((SECONDS - begin)) s"
exit $status
