#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Wrong kernels: each patch in wrong_kernels/ makes one mistake in a kernel on which the
# suite passes.  It has to turn red there, and to name the requirement that is broken.
#
# Header of a patch:
#	Wrong:		what is wrong
#	Kernel:		what it goes on, in place of coco-v1: another one of
#			tools/patches/6.12, or stock, the tree without any
#	Requirement:	ids that the failures have to name, all of them
#	Also:		ids that they may name; no others, but for *-VMM-* and SNP-ATT-*
#	Says:		text that the report has to contain
#	Base:		a patch of wrong_kernels/right that goes between
#	Not-known:	ids of tools/known-issues to run without
#	Timeout:	of a test program, in seconds
#	Run:		tests to run, as run_tests.sh takes them, if a case is what
#			catches it whose row does not list the requirement
#	Alone:		why it has to be compiled by itself, where the others share an image
#	Set:		all: not in the short set
#
# By default that is the short set, and of the tests the cases that have shown the mistake before
# (wrong_kernels/shown), or if they do not, all whose rows list one of the requirements; and on
# each kernel without a mistake, where they have to pass, those that run first on what is made of
# it.  WRONG_KERNELS=each runs all such cases on every kernel, WRONG_KERNELS=all everything on
# every kernel, WRONG_KERNELS="NAME..." everything on these.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wrong.sh"

dir=$ROOT/tools/check/wrong_kernels
shown=$dir/shown
# Run by name, a wrong kernel comes without what is checked about the set.
case ${WRONG_KERNELS:-} in
''|all|each) whole_set=1 ;;
*)	whole_set= ;;
esac

quick_images
list_cases '*_test.c'

kernel_of()	# FILE
{
	local kernel
	kernel=$(header "$1" Kernel)
	echo "${kernel:-coco-v1}"
}

patch_of()	# KERNEL: its patch; none for stock
{
	[ "$1" = stock ] || echo "$ROOT/tools/patches/6.12/$1.patch"
}

# What to run on the wrong kernel of a file, one a line; nothing: all.
tests_for()	# FILE
{
	local run
	run=$(header "$1" Run)
	if [ -n "$run" ]; then
		tr -s ' ' '\n' <<< "$run"
	elif in_short; then
		concerned "$1"
	fi
}

# What to run where nothing is wrong, on KERNEL with the patch BASE of wrong_kernels/right:
# what runs first on a wrong one that is made of it.
tests_of()	# KERNEL BASE
{
	local file

	in_short || return 0
	for file in "${files[@]}"; do
		[ "${goes_on[$file]}" != "$1 $2" ] || echo "${few[$file]}"
	done | sort -u
}

# run_cases NAME [CASE...]: as run() has set its variables.
run_cases()
{
	local name=$1 status=0

	WRONG_KERNEL=$kept/$kernel WRONG_BASE=$patch WRONG_WORK=$TMP/$name.image \
		WRONG_EXACT=$exact \
		timeout -k 5 $LONGEST "$ROOT/tools/run.pl" --summary-only $strict \
		--root "$TMP/root" --build "$BUILD" --platform src --engine unicorn \
		--out "$TMP/$name.out" "${options[@]}" -- "${@:2}" \
		> "$TMP/$name.log" 2>&1 < /dev/null || status=$?
	rm -rf "$TMP/$name.image"
	echo $status > "$TMP/$name.status"
}

# run NAME KERNEL [FILE [OPTION...]]: the suite on KERNEL with the patch; the output
# goes to $TMP/NAME.log, the status to $TMP/NAME.status.
run()
{
	local name=$1 kernel=$2 file=${3-} patch exact=
	local -a options=(--kdir "$BUILD/linux-source-6.12") selected=()
	local strict=--strict
	shift $(($# < 3 ? $# : 3))

	patch=$(patch_of "$kernel")
	[ -z "$patch" ] || options+=(--patch "$patch")

	if [ -n "$file" ]; then
		local base seconds id
		exact=$(header "$file" Says)
		base=$(header "$file" Base)
		seconds=$(header "$file" Timeout)
		[ -z "$base" ] || options+=(--patch "$dir/right/$base")
		[ -z "$seconds" ] || options+=(--timeout "$seconds")
		id=$(header "$file" Not-known)
		[ -z "$id" ] || options+=(--known-issues "$(not_known "$id")")
		options+=(--patch "$file")
	fi
	case $file in
	'')	mapfile -t selected < <(tests_of "$kernel" '')
		# Of a part of the cases none may show a known issue.
		[ ${#selected[@]} = 0 ] || strict= ;;
	*/right/*) mapfile -t selected < <(tests_of "$kernel" "${file##*/}") ;;
	*)	mapfile -t selected < <(tests_for "$file") ;;
	esac
	options+=("$@")
	case $file in
	''|*/right/*) run_cases "$name" "${selected[@]}" ;;
	*)	run_selected "$name" "$file" "${selected[@]}" ;;
	esac
}

# judge_right NAME STATUS TEXT
judge_right()
{
	[ "$(cat "$TMP/$1.status")" = "$2" ] && grep -qF -e "$3" "$TMP/$1.log" && return
	echo "wanted status $2 and '$3', got status $(cat "$TMP/$1.status"); it said:"
	tail -n 20 "$TMP/$1.log"
	return 1
}

# The requirements of kernels, one a line: all but those of TDX, which are wrong_models.sh's
# and wrong_newest.sh's, and the suite's own ground.
of_kernels()
{
	local list

	for list in "$ROOT"/include/requirements/*.h; do
		case ${list##*/} in
		suite.h) ;;
		*)	cat "$list" ;;
		esac
	done | tr -s '\n\t ' ' ' | grep -o 'REQUIREMENT([A-Z0-9_]*, "[^"]*", [^,]*,' |
		grep -v '"this suite"' | cut -d '"' -f 2 |
		grep -vE '^(RACE-)?TDX-'
}

# Each of them is one that a wrong kernel of the short set has to name: a check that nobody
# has seen failing may be unable to.  But for what a kernel is known to fail: there it was seen.
covered()
{
	local id file missing=0
	for file in "$dir"/*.patch "$dir"/newest/*.patch; do
		[ "$(header "$file" Set)" = all ] || ids "$file" Requirement
	done > "$TMP/short.ids"
	for id in $(of_kernels); do
		grep -qx -e "$id" "$TMP/short.ids" && continue
		grep -q "^$id |" "$ROOT/tools/known-issues" && continue
		echo "no wrong kernel of the short set has to name $id"
		missing=1
	done
	return $missing
}

# Each line of the list of upstream's repairs has wrong kernels that there are, or a reason.
repairs()
{
	local line commits what by name missing=0

	while IFS= read -r line; do
		[[ $line =~ ^(([0-9a-f]{12}( |$))+|\?\ )?\|\ (.+)\ \|\ (.+)$ ]] || {
			echo "not COMMITS | WHAT | WRONG KERNELS: $line"
			missing=1
			continue
		}
		by=${BASH_REMATCH[5]}
		[ "${by#- }" = "$by" ] || continue
		for name in $by; do
			compgen -G "$dir/$name.patch" > /dev/null ||
				compgen -G "$dir/*/$name.patch" > /dev/null || {
				echo "no wrong kernel is called $name"
				missing=1
			}
		done
	done < <(sed -e '/^#/d' -e '/^$/d' "$ROOT/tools/check/repairs")
	return $missing
}

choose "${WRONG_KERNELS:-}" "$dir"/*.patch
if [ ${#files[@]} = 0 ]; then
	echo "Bail out! no wrong kernel is called ${WRONG_KERNELS:-anything}; see $dir"
	exit 1
fi

# Of each: kernel and Base; what comes first of what is to be run.
declare -A goes_on few
for file in "${files[@]}"; do
	goes_on[$file]="$(kernel_of "$file") $(header "$file" Base)"
	! in_short || few[$file]=$(tests_for "$file" | first "$(basename "$file" .patch)")
done

kernels=$({
	[ -z "$whole_set" ] || echo coco-v1
	printf '%s\n' "${goes_on[@]%% *}"
} | sort -u)
for file in "${files[@]}"; do
	patch=$(patch_of "${goes_on[$file]%% *}")
	[ -z "$patch" ] || [ -r "$patch" ] && continue
	echo "Bail out! ${file##*/} goes on kernel $(kernel_of "$file"): cannot read $patch"
	exit 1
done

kept=$BUILD/image/wrong-kernels
hold "$kept"
# The tree as it is comes first: of each patched one little is compiled then, since its slot
# starts as a copy.  What is wrong with it keep() tells.
"$ROOT/tools/image.sh" --out "$BUILD" --kdir "$BUILD/linux-source-6.12" > /dev/null 2>&1 8>&- || :
for kernel in $kernels; do
	keep "$kept/$kernel" "$BUILD/linux-source-6.12" $(patch_of "$kernel")
	these=()
	for file in "${files[@]}"; do
		[ "${goes_on[$file]%% *}" != "$kernel" ] || these+=("$file")
	done
	batch "$kept/$kernel" "$BUILD/linux-source-6.12" "${these[@]}"
done

for kernel in $kernels; do
	pool run "right_$kernel" "$kernel"
done
if [ -n "$whole_set" ]; then
	pool run right_registered coco-v1 "$dir/right/ghcb_registered.patch" \
		--known-issues "$(not_known GHCB-REGISTER-ERR)"
	pool run right_repaired coco-v1 "$dir/right/ghcb_registered.patch"
	pool run right_psc_errno coco-v1 "$dir/right/psc_errno.patch"
fi
for file in "${files[@]}"; do
	name=${file##*/}
	pool run "${name%.patch}" "${goes_on[$file]%% *}" "$file"
done
wait

# The way that users go: run_tests.sh with the whole kbuild.
swapped()
{
	expect 1 "SNP-REQ-BYTES" "$ROOT/run_tests.sh" --platform src --patch "$(patch_of coco-v1)" \
		--patch "$dir/req_args_swapped.patch" --out "$TMP/swapped" snp_guest_request_test
}

for kernel in $kernels; do
	ok "right: $kernel" judge_right "right_$kernel" 0 ", 0 failed"
done
if [ -n "$whole_set" ]; then
	ok "right: GHCB registration repaired" judge_right right_registered 0 ", 0 failed"
	ok "right: repaired, but a known issue" judge_right right_repaired 1 "REPAIRED"
	ok "right: answers to page state changes are told apart" judge_right right_psc_errno 0 ", 0 failed"
fi
for file in "${files[@]}"; do
	name=${file##*/}
	name=${name%.patch}
	ok "$name: $(header "$file" Wrong)" judged "$name"
done
if [ -n "$whole_set" ]; then
	export BUILD
	ok "req_args_swapped by run_tests.sh" swapped
	ok "a wrong kernel for every requirement" covered
	ok "a wrong kernel, or a reason, for every repair of upstream's" repairs
fi
finish
