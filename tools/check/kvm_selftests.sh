#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Clients that nobody here wrote: a tree's own x86 KVM selftests, unmodified, on its KVM in
# the process.  Each ends as kvm_selftests.list says; to do better is a failure, too, until
# the list says so.
#
# A part of it: 6.12's on unicorn, and of an Intel CPU a few.  CLIENTS=all: all of both, the
# newest packaged tree's, or those of KDIR=DIR, and the engine kvm, too.  CLIENTS="NAME..."
# runs these tests of all.
. "$(dirname "$0")/lib.sh"

list=$ROOT/tools/check/kvm_selftests.list
# Seconds; several times what the slowest takes on two idle processors.
export LIMIT=120

bail_out()
{
	echo "Bail out! $*"
	exit 1
}

# ---- what is expected ----

before()	# VERSION VERSION
{
	[ "$1" != "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

holds()	# CONDITIONS VERSION ENGINE VENDOR
{
	local condition

	for condition in ${1//,/ }; do
		case $condition in
		-)		;;
		kvm|unicorn)	[ "$condition" = "$3" ] || return 1 ;;
		amd|intel)	[ "$condition" = "$4" ] || return 1 ;;
		'<'*)		before "$2" "${condition#<}" || return 1 ;;
		'>='*)		! before "$2" "${condition#>=}" || return 1 ;;
		*)		bail_out "$list: condition '$condition'" ;;
		esac
	done
}

declare -A known wanted reason arguments

read_list()	# VERSION ENGINE VENDOR
{
	local test outcome conditions rest

	known=() wanted=() reason=() arguments=()
	while read -r test outcome conditions rest; do
		known[$test]=1
		holds "$conditions" "$1" "$2" "$3" || continue
		case $outcome in
		with)	[ -n "${arguments[$test]+set}" ] || arguments[$test]=$rest ;;
		pass|skip|fail|lacks|slow|any)
			[ -z "${wanted[$test]+set}" ] || continue
			wanted[$test]=$outcome reason[$test]=$rest ;;
		*)	bail_out "$list: $test: outcome '$outcome'" ;;
		esac
	done < <(sed -e '/^#/d' -e '/^$/d' "$list")
}

# ---- what happens ----

# Where the tests of a tree are: below the directory that is printed.
build()	# TREE VERSION SLOT
{
	local dir=$BUILD/selftests/$2

	rm -rf "$dir/farm"
	mkdir -p "$dir/farm" || return 1
	# In farms of links: the makefiles write to where they are, or refuse to.
	cp -rs --parents "$1"/{lib,scripts,tools} "$dir/farm" || return 1
	{
		make -s -C "$3/farm$1" O="$dir/uapi" ARCH=x86 headers &&
		make -s -k -j "$(nproc)" -C "$dir/farm$1/tools/testing/selftests/kvm" ARCH=x86 \
			-f "$ROOT/tools/libkvm.mk" OUTPUT="$dir" UAPI="$dir/uapi" selftests
	} > "$dir/log" 2>&1 || {
		tail -n 20 "$dir/log" >&2
		return 1
	}
	echo "$dir"
}

# Writes RESULTS/NAME.log; and NAME, outcome and seconds to RESULTS/NAME.outcome.
run()	# RESULTS PROGRAM [ARGUMENT...]
{
	local results=$1 name outcome status=0 began=$SECONDS
	shift
	# Which signal ended a test is in its outcome, not a message of ours.
	exec 2> /dev/null
	name=$(basename "$1")
	(cd "$results" && exec env LD_PRELOAD="$BUILD/inproc/libinproc-src.so" \
		timeout -k 5 "$LIMIT" "$@") > "$results/$name.log" 2>&1 < /dev/null || status=$?
	case $status in
	0)	outcome=pass ;;
	4)	outcome=skip ;;
	*)	outcome=fail
		! grep -aq '^# \(inproc: \)\?not driven: ' "$results/$name.log" || outcome=lacks ;;
	esac
	echo "$name $outcome $((SECONDS - began))" > "$results/$name.outcome"
}
export BUILD
export -f run

judge()	# NAME OUTCOME LOG
{
	if [ -z "${known[$1]+set}" ]; then
		# A newer tree's: somebody has to look, and nothing is wrong yet.
		skip "$label $1" "is not in the list: $2"
		return
	fi
	if [ "${wanted[$1]-}" = any ]; then
		skip "$label $1" "goes by the machine, ${reason[$1]}: $2"
		return
	fi
	ok "$label $1" as_wanted "$@"
}

as_wanted()
{
	local want=${wanted[$1]:-pass}

	[ "$want" != slow ] || want=pass
	[ "$2" != "$want" ] || return 0
	echo "wanted: $want${reason[$1]:+, ${reason[$1]}}; got: $2; at the end it said:"
	tail -c 3000 "$3" | tail -n 15
	return 1
}

tests_of()	# DIRECTORY
{
	find "$1" \( -path "$1/uapi" -o -path "$1/farm" \) -prune -o -type f -perm /111 -print | sort
}

check_on()	# ENGINE VERSION IMAGE DIRECTORY VENDOR TESTS
{
	local label=$2.$1.$5 results=$TMP/$2.$1.$5 program name outcome seconds

	mkdir "$results"
	chmod 755 "$results"
	read_list "$2" "$1" "$5"
	export COCO_PLATFORM=src COCO_ENGINE=$1 COCO_IMAGE=$3 COCO_VENDOR=$5
	tests_of "$4" | while read -r program; do
		name=$(basename "$program")
		if [ -n "$6" ]; then
			[[ " $6 " == *" $name "* ]] || continue
		elif [ "${wanted[$name]-}" = slow ]; then
			continue
		elif [ -z "${CLIENTS-}" ] && [ "${wanted[$name]-}" = any ]; then
			# Nothing is made of what it says.
			continue
		fi
		# xargs takes a line that ends in a blank to go on.
		echo "$results $program${arguments[$name]:+ ${arguments[$name]}}" |
			tee "$results/$name.command"
	done | xargs -P "$(nproc)" -L 1 bash -c 'run "$@"' run
	while read -r name outcome seconds; do
		# Some measure time: once more, alone.
		if [ "$outcome" = fail ] && [ "${wanted[$name]:-pass}" = pass ]; then
			(run $(cat "$results/$name.command"))
			read -r name outcome seconds < "$results/$name.outcome"
		fi
		judge "$name" "$outcome" "$results/$name.log"
	done < <(cat "$results"/*.outcome 2> /dev/null | sort)
	[ -z "${RESULTS-}" ] || cp -r "$results" "$RESULTS"
}

check_tree()	# TREE ENGINE...
{
	local image slot version dir engine made
	made=$("$ROOT/tools/image.sh" --out "$BUILD" --kdir "$1") ||
		bail_out "no kernel image of $1"
	image=$(sed -n 's/^IMAGE=//p' <<< "$made")
	slot=$(sed -n 's/^SLOT=//p' <<< "$made")
	version=$(sed -n 's/^VERSION=//p' <<< "$made")
	dir=$(build "$1" "$version" "$slot") || bail_out "cannot build the selftests of $1"
	shift
	for engine; do
		if [ $engine = kvm ] && ! { [ -r /dev/kvm ] && [ -w /dev/kvm ]; }; then
			skip "$version.kvm" "no usable /dev/kvm"
			continue
		fi
		check_on "$engine" "$version" "$image" "$dir" amd "$only"
		check_on "$engine" "$version" "$image" "$dir" intel "$only_intel"
	done
}

only=${CLIENTS-}
[ "$only" != all ] || only=
only_intel=$only
chmod 755 "$TMP"
if [ -z "${CLIENTS-}" ]; then
	only_intel="cr4_cpuid_sync_test kvm_pv_test set_sregs_test triple_fault_event_test
		tsc_msrs_test userspace_io_test userspace_msr_exit_test vmx_close_while_nested_test
		vmx_dirty_log_test vmx_msrs_test vmx_set_nested_state_test vmx_tsc_adjust_test"
	only_intel=$(echo $only_intel)
	check_tree "$BUILD/linux-source-6.12" unicorn
	finish
fi
check_tree "$BUILD/linux-source-6.12" unicorn kvm
newest=${CHECK_KDIR:-$("$ROOT/tools/tree.sh" --out "$BUILD" debian:newest)} && [ -n "$newest" ] ||
	bail_out "no tree of debian:newest"
check_tree "$(readlink -f "$newest")" unicorn kvm
finish
