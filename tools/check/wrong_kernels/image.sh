#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Stands in for tools/image.sh when the wrong_*.sh and revisions.sh run the suite.  Of a kbuild
# of one wrong kernel most of the time goes into what is the same in all: so that is kept in
# $WRONG_KERNEL, a directory of the kernel that they go on, and made by who comes first.
#
#	image.sh --out DIR [--kdir DIR] [--patch FILE]...
#	image.sh --out DIR [--kdir DIR] --batch FILE...
#
# The second form makes $WRONG_KERNEL/batch: one image with the mistakes of many patches, of
# which the first form then makes the image of one of them by writing a number into a copy.
#
# $WRONG_KERNEL/slot is tools/image.sh's slot of that kernel, with the patch $WRONG_BASE
# if it is not empty.  $WRONG_WORK is for this image.  $WRONG_SOURCE is what is compiled
# where there is no mistake.  A header that a patch touches is another one for the sources that
# patches touch, and for no other: so it must not change what these have in common, as a number
# or the size of a structure.  Unless $WRONG_EXACT is set the compiler may do less (see
# compile()).  Output and status are tools/image.sh's.
set -eu -o pipefail

die()
{
	echo "wrong_kernels/image.sh: $*" >&2
	exit 2
}

kdir=
batch=
patches=()
while [ $# -gt 0 ]; do
	case $1 in
	--batch) batch=$WRONG_KERNEL/batch
		shift
		patches=("$@")
		break ;;
	--out)	out=$2 ;;
	--kdir)	kdir=$2 ;;
	--patch) [ "$2" = "$WRONG_BASE" ] || patches+=("$2") ;;
	*)	die "unknown option $1" ;;
	esac
	shift 2
done
slot=$WRONG_KERNEL/slot
kdir=$(readlink -f "${kdir:-$out/linux-source-6.12}")
farm=$slot/farm$kdir
obj=$farm/obj
work=$WRONG_WORK
insn=$ROOT/lib/inproc/src/kernel/insn.h
way=arch/x86/kvm/../../../
[ -d "$obj" ] || die "there are no objects in $obj"

# once FILE COMMAND...: have COMMAND make FILE, unless it is there.
once()
{
	local file=$1
	shift
	exec 7> "$file.lock"
	flock 7
	[ -e "$file" ] || "$@" "$file" > "$file.log" 2>&1 7>&- ||
		die "making $file failed: $(tail -n 20 "$file.log")"
	exec 7>&-
}

# kbuild's command for an object; its parts as variables: $gcc, $objtool.
kbuild_command()	# OBJECT
{
	local cmd
	# What lies in virt/kvm is built by way of arch/x86/kvm.
	cmd=$(sed -n -e "s#$way##g" -e 's/^savedcmd_[^=]*:= //p' "$obj/${1%/*}/.${1##*/}.cmd")
	gcc=$(sed -e 's/ *;.*//' -e 's/-Wp,-MMD,[^ ]*//' -e 's/ -c -o .*//' <<< "$cmd")
	gcc+=" -iquote $farm/${1%/*}"
	objtool=
	[[ $cmd != *\;* ]] || objtool=${cmd##*;}
}

quick_gcc()	# the compiler's part of kbuild_command(), for a fast compile
{
	sed -e 's/ -g\(dwarf-[0-9]\)\?\b//g' -e 's/ -O2 / -O1 /' -e 's/$/ -w/' <<< "$gcc"
}

# What a source begins with: includes, up to its first line of another kind.  With a
# #define that counts (CREATE_TRACE_POINTS) it would not be the same when it comes twice.
leading_includes()	# SOURCE
{
	awk '/^#include[ \t]/ || /^#define pr_fmt\(/ { print; next }
	     /^\/\*/ { comment = 1 }
	     comment { if (/\*\//) comment = 0; next }
	     /^(\/\/.*)?$/ { next }
	     { exit }' "$1"
}

# The headers of a source as the compiler has read them.
precompile()	# SOURCE PCH
{
	local header=${2%.gch}

	{
		tr ' ' '\n' <<< "$gcc" | sed -n "/^-include\$/{n;/insn\.h\$/d;s#^[^/]#$obj/&#;s#.*#\\#include \"&\"#p}"
		leading_includes "$farm/$1"
	} > "$header"
	(cd "$obj" && eval "$(quick_gcc | sed 's/ -include [^ ]*//g')" -x c-header \
		-o "$2.new" "$header")
	mv "$2.new" "$2"
}

# Compile a patched source.  That its mistake shows does not depend on how well the
# compiler optimizes, nor on debug information, which only the reports of a crash need.
# The kernels without a mistake come this way, too, and have to pass.
compile()	# SOURCE
{
	local o=${1%.c}.o header=$WRONG_KERNEL/${1//\//_}.h command

	kbuild_command "$o"
	command=$gcc
	if [ -n "$headers" ]; then
		command="${command/ -nostdinc/ -iquote $work/src/${1%/*}$dirs -nostdinc}"
	elif [ -z "${WRONG_EXACT:-}" ]; then
		once "$header.gch" precompile "$1"
		command=$(quick_gcc | sed 's/ -include [^ ]*//g')
		# The assembler's macros are no part of what can be precompiled.
		command="${command/ -nostdinc/ -include $header -include $insn -nostdinc}"
	fi
	cd "$obj"
	eval "$command -fmacro-prefix-map=$work/src/= -c -o $work/obj/$o $work/src/$1"
	[ -z "$objtool" ] || eval "${objtool/ $o/ $work/obj/$o}"
}

image_mk()	# VARIABLE=VALUE... TARGET
{
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$obj" -f "$ROOT/tools/image.mk" \
		TOP="$ROOT" FLAGS="$flags" "$@"
}

# The module that has an object: its name, as kbuild lists what it is made of.
module_of()	# OBJECT
{
	local mod
	for mod in kvm kvm-amd kvm-intel; do
		tr -s ' \n' '\n' < "$obj/arch/x86/kvm/$mod.mod" 2> /dev/null | sed "s#^$way##" |
			grep -qx -e "$1" && { echo $mod; return; }
	done
}

# What the glue takes from $headers, in its directory: numbers, for the tests to compare.
new_numbers()	# DIR
{
	"$ROOT/tools/image/probe.sh" uapi "$work/src" > "$1/glue_uapi.h"
	sed "s# -nostdinc#$dirs&#" "$slot/flags" > "$work/flags"
	touch -r "$slot/flags" "$work/flags" "$1/glue_uapi.h"
	rm "$1/glue/linux/uapi.c.o"
}

# The image without the objects of the sources $touched.
link_rest()	# RESULT
{
	local dir=${1%.o} mod members modules=() f

	mkdir -p "$dir/mod"
	cp -a "$slot/glue" "$slot"/glue_{probe,uapi}.h "$dir/"
	[ -z "$headers" ] || new_numbers "$dir"
	cd "$obj"
	for mod in kvm kvm-amd kvm-intel; do
		[ -e "arch/x86/kvm/$mod.mod" ] || continue
		members=$(tr -s ' \n' '\n' < "arch/x86/kvm/$mod.mod" | sed "s#^$way##")
		for f in $touched; do
			members=$(grep -vx -e "${f%.c}.o" <<< "$members")
		done
		ld -r -z noexecstack -o "$dir/mod/$mod.o" $members
		modules+=("arch/x86/kvm/$mod.o")
	done
	members=$(sed -e '/^#/d' -e '/^$/d' -e 's/$/.o/' "$ROOT/tools/image/objects" |
		while read -r f; do
			[ ! -e "$f" ] || [[ " $touched " == *" ${f%.o}.c "* ]] || echo "$f"
		done)
	image_mk WORK="$dir" MODULE_DIR="$dir/mod" TREE_OBJS="${modules[*]} $(echo $members)" \
		"$dir/all.o"
	strip --strip-debug -o "$1.new" "$dir/all.o"
	rm -r "$dir"
	mv "$1.new" "$1"
}

# What the runner is told of an image.
report()
{
	local version

	version=$(sed -n 's/^VERSION=//p' "$WRONG_KERNEL/report")
	echo "IMAGE=$work/image.elf"
	echo "TREE=linux-$version"
	echo "VERSION=$version"
	set -- "$WRONG_BASE" "${patches[@]}"
	echo "PATCHES=$(basename "${!#}")"
}

# The number in the image is found by what stands before it.
mark=coco-wrong:

# from_batch NUMBER: the image in which that mistake is chosen.
from_batch()
{
	local at

	at=$(grep -abo "$mark" "$WRONG_KERNEL/batch/image.elf" | cut -d : -f 1)
	mkdir "$work"
	cp "$WRONG_KERNEL/batch/image.elf" "$work/image.elf"
	printf "\\x$(printf %02x $(($1 % 256)))\\x$(printf %02x $(($1 / 256)))" |
		dd of="$work/image.elf" bs=1 seek=$((at + 12)) conv=notrunc status=none
	report
	exit
}

if [ -z "$batch" ] && [ -z "${WRONG_EXACT:-}" ] && [ ${#patches[@]} -le 1 ] &&
		[ -e "$WRONG_KERNEL/batch/list" ]; then
	nr=$(awk -v patch="${patches[*]-none}" '{ nr = $NF; sub(/ [0-9]+$/, "") }
		$0 == patch { print nr }' "$WRONG_KERNEL/batch/list")
	[ -z "$nr" ] || from_batch "$nr"
fi

mkdir "$work" "$work/src" "$work/obj"
touched=
headers=
for f in $(cat "${patches[@]}" < /dev/null | sed -n 's#^+++ b/\([^	]*\).*#\1#p' | sort -u); do
	case $f in
	Documentation/*)
		mkdir -p "$work/src/${f%/*}"
		cp -L "$kdir/$f" "$work/src/$f"
		continue ;;
	*.h)	headers+=" $f" ;;
	*)	touched+=" $f" ;;
	esac
	[ -e "$farm/$f" ] || die "the tree has no $f"
done
# The kernel as it is takes the same way.
: "${touched:=${WRONG_SOURCE:-arch/x86/kvm/svm/sev.c}}"
for f in $touched; do
	[[ $f == *.c ]] && [ -e "$obj/${f%/*}/.$(basename "$f" .c).o.cmd" ] ||
		die "$f is no source of the image"
done
[ -z "$headers" ] || headers=$(printf '%s\n' $headers include/uapi/linux/kvm.h \
	arch/x86/include/uapi/asm/kvm.h | sort -u)
for f in $touched $headers; do
	mkdir -p "$work/src/${f%/*}" "$work/obj/${f%/*}"
	cp -L "$farm/$f" "$work/src/$f"
done
# Where kbuild looks for headers, that it looks here first.
dirs=
for f in arch/x86/include include arch/x86/include/uapi include/uapi; do
	[ ! -d "$work/src/$f" ] || dirs+=" -I$work/src/$f"
done
objs=
if [ -n "$batch" ]; then
	perl "$ROOT/tools/check/wrong_kernels/batch.pl" "$work/src" "${patches[@]}" > "$work/list"
	echo "struct { char mark[12]; int number; } coco_wrong = { \"$mark\" };" |
		gcc -x c -fno-common -c -o "$work/wrong.o" -
	objs=$work/wrong.o
	patches=()
fi
for p in "${patches[@]}"; do
	patch -d "$work/src" -p1 --batch --forward -r - < "$p" > "$work/patch.log" ||
		die "patch does not apply: $p: $(cat "$work/patch.log")"
done

for f in $touched; do
	(compile "$f") > "$work/build.log" 2>&1 ||
		die "compiling $f failed: $(tail -n 20 "$work/build.log")"
	mod=$(module_of "${f%.c}.o") || :
	[ -z "$mod" ] || {
		sed -e '/^#/d' -e "s/%/${mod//-/_}/" "$ROOT/tools/image/renames" > "$work/syms"
		objcopy --redefine-syms="$work/syms" "$work/obj/${f%.c}.o"
	}
	objs+=" $work/obj/${f%.c}.o"
done
rest=$WRONG_KERNEL/rest-$(cksum <<< "$touched" | cut -d ' ' -f 1).o
flags=$slot/flags
if [ -n "$headers" ]; then
	rest=$work/rest.o flags=$work/flags
fi
once "$rest" link_rest
image_mk WORK="$work" TREE_OBJS="$objs" PARTS="$work/tree.o $rest" > "$work/link.log" 2>&1 ||
	die "linking failed: $(tail -n 20 "$work/link.log")"

if [ -n "$batch" ]; then
	echo "none 0" >> "$work/list"
	rm -rf "$batch"
	mkdir "$batch"
	mv "$work/list" "$work/image.elf" "$batch"
else
	report
fi
