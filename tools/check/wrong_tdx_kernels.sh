#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Wrong kernels for TDX: each patch in wrong_kernels/tdx/ makes one mistake in the tdx.c of
# the tree in KDIR.  The TDX tests have to turn red there, and to name the requirement that
# is broken.  Without KDIR there is no tree to do it to, and wrong_models.sh shows the same
# of the tests on the reference model.
#
# Header of a patch, as in wrong_kernels.sh: Wrong, Requirement, Also, Base.
#
# By default the cases whose rows list one of the requirements run on each;
# WRONG_KERNELS=all runs everything on all, WRONG_KERNELS="NAME..." everything on these.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wrong.sh"

dir=$ROOT/tools/check/wrong_kernels/tdx
right=$ROOT/tools/check/wrong_kernels/right
source=arch/x86/kvm/vmx/tdx.c
jobs=$(nproc)
export ROOT

if [ -z "${CHECK_KDIR:-}" ]; then
	echo "1..0 # SKIP no kernel tree with $source was named: make check KDIR=DIR"
	exit 0
fi
if [ ! -e "$CHECK_KDIR/$source" ]; then
	echo "1..0 # SKIP KDIR=$CHECK_KDIR has no $source"
	exit 0
fi

# The suite as the runner sees it, with another image.sh.
mkdir -p "$TMP/root/tools"
ln -s "$ROOT/x86_64" "$TMP/root/x86_64"
ln -s "$ROOT/tools/known-issues" "$TMP/root/tools/known-issues"
ln -s "$ROOT/tools/check/wrong_kernels/image.sh" "$TMP/root/tools/image.sh"
list_cases 'tdx_*_test.c'
tests=$(cut -d ' ' -f 2 "$TMP/cases" | cut -d : -f 1 | sort -u)

files=()
for file in "$dir"/*.patch; do
	name=${file##*/}
	case ${WRONG_KERNELS:-} in
	''|all)	;;
	*)	[[ " $WRONG_KERNELS " == *" ${name%.patch} "* ]] || continue ;;
	esac
	files+=("$file")
done
if [ ${#files[@]} = 0 ]; then
	echo "1..0 # SKIP no wrong kernel for TDX is called $WRONG_KERNELS; see $dir"
	exit 0
fi

# What image.sh keeps of the tree.  One at a time uses it.
kept=$BUILD/image/wrong-tdx-kernels
mkdir -p "$kept"
exec 8> "$kept/lock"
flock 8
if ! "$ROOT/tools/image.sh" --out "$BUILD" --kdir "$CHECK_KDIR" > "$TMP/report" \
		2> "$TMP/base.log" 8>&-; then
	sed "s/^/# /" "$TMP/base.log"
	echo "Bail out! no image of $CHECK_KDIR"
	exit 1
fi
slot=$(sed -n 's/^SLOT=//p' "$TMP/report")
cat "$slot/key" "$TMP/report" "$ROOT/tools/check/wrong_kernels/image.sh" > "$TMP/key"
if ! cmp -s "$TMP/key" "$kept/tree/key"; then
	rm -rf "$kept/tree"
	mkdir "$kept/tree"
	ln -s "$slot" "$kept/tree/slot"
	cp "$TMP/report" "$TMP/key" "$kept/tree"
fi

# run NAME [FILE [TEST...]]: the tests on the tree with the patch; the output goes to
# $TMP/NAME.log, the status to $TMP/NAME.status.
run()
{
	local name=$1 file=${2-} status=0 base
	local -a selected=("${@:3}") options=()

	if [ -n "$file" ]; then
		base=$(header "$file" Base)
		[ -z "$base" ] || options+=(--patch "$right/$base")
		options+=(--patch "$file")
		[ ${#selected[@]} != 0 ] || [ -n "${WRONG_KERNELS:-}" ] ||
			mapfile -t selected < <(concerned "$file")
	fi
	[ ${#selected[@]} != 0 ] || selected=($tests)
	WRONG_KERNEL=$kept/tree WRONG_BASE= WRONG_WORK=$TMP/$name.image WRONG_SOURCE=$source \
		timeout -k 5 300 "$ROOT/tools/run.pl" --strict \
		--root "$TMP/root" --build "$BUILD" --platform src --kdir "$CHECK_KDIR" \
		--out "$TMP/$name.out" "${options[@]}" -- "${selected[@]}" \
		> "$TMP/$name.log" 2>&1 < /dev/null || status=$?
	rm -rf "$TMP/$name.image"
	echo $status > "$TMP/$name.status"
}

# right NAME: a tree without a mistake; what it is known to fail does not count.
right()
{
	[ "$(cat "$TMP/$1.status")" = 0 ] && return
	echo "status $(cat "$TMP/$1.status"); it said:"
	tail -n 20 "$TMP/$1.log"
	return 1
}

# Those without the lock's descriptor, or a hung test could keep it.
run right 8>&- &
run right_map_errno "$right/tdx_map_errno.patch" tdx_map_gpa_test 8>&- &
for file in "${files[@]}"; do
	name=${file##*/}
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
		wait -n
	done
	run "${name%.patch}" "$file" 8>&- &
done
wait

# What the reference model cannot get wrong, because nobody sees it read memory.
each_named()
{
	local id missing=0
	cat "$dir"/*.patch | sed -n 's/^Requirement:[ 	]*//p' | tr -s ', ' '\n' > "$TMP/named.ids"
	for id in $(cut -d ' ' -f 1 "$TMP/cases" | grep '^RACE-TDX-' | sort -u); do
		grep -qx -e "$id" "$TMP/named.ids" && continue
		echo "no wrong kernel for TDX has to name $id"
		missing=1
	done
	return $missing
}

ok "right: the tree as it is" right right
ok "right: MapGPA tells errors apart" right right_map_errno
for file in "${files[@]}"; do
	name=${file##*/}
	name=${name%.patch}
	ok "$name: $(header "$file" Wrong)" judge "$name" "$file"
done
ok "every race has a wrong kernel" each_named
finish
