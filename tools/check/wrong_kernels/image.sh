#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Stands in for tools/image.sh when wrong_kernels.sh runs the suite: the objects of
# the base kernel are there, so only what the patches touch is compiled.  A kbuild of
# each would take twice as long.
#
#	image.sh --out DIR [--patch FILE]...
#
# $WRONG_BASE, if not empty, is the patch that the kernel in slot $WRONG_SLOT has already.
# Output and status are tools/image.sh's.
set -eu -o pipefail

die()
{
	echo "wrong_kernels/image.sh: $*" >&2
	exit 2
}

patches=()
while [ $# -gt 0 ]; do
	case $1 in
	--out)	out=$2 ;;
	--patch) [ "$2" = "$WRONG_BASE" ] || patches+=("$2") ;;
	*)	die "unknown option $1" ;;
	esac
	shift 2
done
slot=$out/image/$WRONG_SLOT
farm=$slot/farm$(readlink -f "$out/linux-source-6.12")
obj=$farm/obj
[ -e "$slot/image.elf" ] || die "slot $WRONG_SLOT has no image"
[ -d "$obj" ] || die "slot $WRONG_SLOT has no objects in $obj"

work=$WRONG_WORK
mkdir "$work" "$work/src" "$work/obj"
touched=$(cat "${patches[@]}" < /dev/null | sed -n 's#^+++ b/\([^	]*\).*#\1#p' | sort -u)
for f in $touched; do
	[ -e "$farm/$f" ] || die "the tree has no $f"
	mkdir -p "$work/src/${f%/*}" "$work/obj/${f%/*}"
	cp -L "$farm/$f" "$work/src/$f"
done
for p in "${patches[@]}"; do
	patch -d "$work/src" -p1 --batch --forward --fuzz=0 -r - < "$p" > "$work/patch.log" ||
		die "patch does not apply: $p: $(cat "$work/patch.log")"
done

objs=$(cd "$obj" && find arch/x86/kvm arch/x86/lib lib -name '*.o' | sort)
for f in $touched; do
	o=${f%.c}.o
	cmd=$obj/${o%/*}/.${o##*/}.cmd
	[ "$f" != "$o" ] && [ -e "$cmd" ] || die "$f is no source of the image"
	# As kbuild did it, but from here to here.
	cmd=$(sed -n 's/^savedcmd_[^=]*:= //p' "$cmd" |
		sed -e 's/-Wp,-MMD,[^ ]*//' -e "s# [^ ]*/$f# -iquote $farm/${f%/*} $work/src/$f#" \
		    -e "s# $o# $work/obj/$o#g" -e "s# -c -o # -fmacro-prefix-map=$work/src/=&#")
	(cd "$obj" && eval "$cmd") > "$work/build.log" 2>&1 ||
		die "compiling $f failed: $(tail -n 20 "$work/build.log")"
	objs=$(printf '%s\n' "$objs" | sed "s#^$o\$#$work/obj/$o#")
done

# The glue's objects are right as they are.
cp -a "$slot/glue" "$slot/glue_probe.h" "$work/"
env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$obj" -f "$ROOT/tools/image.mk" TOP="$ROOT" \
	WORK="$work" FLAGS="$slot/flags" TREE_OBJS="$(echo $objs)" > "$work/link.log" 2>&1 ||
	die "linking failed: $(tail -n 20 "$work/link.log")"

version=$(make -s -C "$farm" kernelversion 2> /dev/null) || die "cannot tell the tree's version"
echo "IMAGE=$work/image.elf"
echo "TREE=linux-$version"
echo "VERSION=$version"
set -- "$WRONG_BASE" "${patches[@]}"
echo "PATCHES=$(basename "${!#}")"
