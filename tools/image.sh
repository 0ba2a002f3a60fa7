#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Make the kernel image of a tree: configure and build its KVM objects, outside
# the tree, and link them with our glue.
#
#   tools/image.sh [--out DIR] [--kdir DIR] [--rev REV] [--patch FILE]... [--slot NAME]
#		  [--sanitize] [--races] [--coverage] [--unprovide SYMBOL] [-j N]
#
# The tree may be debian:VERSION, too (tools/tree.sh).  With --rev it is that revision of the
# tree's own repository (tools/revision.sh).
# With --sanitize the tree's objects are built with its undefined behaviour sanitizer.
# With --races they tell of their accesses to memory, as KCSAN has them do.
# With --coverage sev.c, tdx.c and some others count where they come by, for tools/fuzz.
# With --unprovide the glue does not provide the symbol: for the suite's own tests.
#
# LLVM and CC in the environment mean what they mean on kbuild's command line; the glue is
# compiled with the same.
#
# Prints IMAGE=, TREE=, VERSION=, PATCHES=, COMPILER=, TDX= and SLOT= lines.  Status 0; or 2, or
# 3 if a patch does not apply, with a message.  The tree is never written to: kbuild sees a
# farm of links to its sources without any build products, in which patched files are
# copies.
#
# A slot is a farm with its object directory, kept for the next time; patches
# applied in the same slot cost what they change.  Without --slot there is one
# slot a tree, compiler and set of patch files.

set -eu -o pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/.." && pwd)
out=build
kdir=
rev=
slot=
sanitize=
races=
coverage=
unprovide=
jobs=$(nproc)
patches=()

die()
{
	echo "image.sh: $*" >&2
	exit 2
}

while [ $# -gt 0 ]; do
	case $1 in
	--out) out=${2:?}; shift 2 ;;
	--kdir) kdir=${2:?}; shift 2 ;;
	--rev) rev=${2:?}; shift 2 ;;
	--patch) patches+=("$(readlink -f "${2:?}")"); shift 2 ;;
	--slot) slot=${2:?}; shift 2 ;;
	--unprovide) unprovide=${2:?}; shift 2 ;;
	--sanitize) sanitize=sanitize; shift ;;
	--races) races=races; shift ;;
	--coverage) coverage=coverage; shift ;;
	-j) jobs=${2:?}; shift 2 ;;
	*) die "unknown option $1" ;;
	esac
done

for part in image/kbuild image/patches image/farm moving; do
	. "$top/tools/$part.sh"
done
case $kdir in
''|debian:*) kdir=$("$top/tools/tree.sh" --out "$out" $kdir) ;;
esac
[ -d "$kdir" ] || die "no such directory: $kdir"
if [ -n "$rev" ]; then
	# Until the image is built nobody else may check out another one.
	mkdir -p "$out/git" || die "cannot create $out/git"
	exec 7> "$out/git/lock"
	lock 7 "$out/git"
	kdir=$("$top/tools/revision.sh" --out "$out" --kdir "$kdir" checkout "$rev") || exit 2
fi
kdir=$(readlink -f "$kdir")
why=$("$top/tools/path.sh" checkout "$top" --out "$(readlink -m -- "$out")" --kdir "$kdir") ||
	die "$why"
for f in Makefile Kconfig arch/x86/kvm/svm/sev.c arch/x86/configs/x86_64_defconfig; do
	[ -e "$kdir/$f" ] || die "$kdir is not a kernel tree with SEV support: it has no $f"
done
grep -qs SNP_LAUNCH_START "$kdir/arch/x86/include/uapi/asm/kvm.h" ||
	die "KVM of $kdir has no SNP guests, which came with 6.11"
for p in "${patches[@]}"; do
	[ -r "$p" ] || die "cannot read patch $p"
done

choose_compiler

mkdir -p "$out/image" 2> /dev/null || [ -d "$out/image" ] || die "cannot create $out/image"
out=$(readlink -f "$out")
# Objects and glue of a tree; a name that tells slots apart, no more.
slot_name()	# [PATCH]...
{
	printf '%s\n' "$kdir" $sanitize $races $coverage $unprovide ${compiler[@]+"${compiler[@]}"} "$@" |
		sha256sum | cut -c1-12
}
: "${slot:=$(slot_name "${patches[@]}")}"
work=$out/image/$slot
configs=("$top/tools/image.config" ${sanitize:+"$top/tools/image.sanitize.config"}
	${races:+"$top/tools/image.races.config"})
farm_root=$work/farm
farm=$farm_root$kdir
# In the farm, so that kbuild names sources as ../..., and a slot can be cloned.
objdir=$farm/obj
glue=$top/lib/inproc/src/kernel
# One of somebody else's will do if nothing has to be done in it.
mkdir -p "$work" 2> /dev/null || :
if [ -w "$work" ]; then
	exec 9> "$work/lock"
	lock 9 "$work"
elif [ -r "$work/lock" ]; then
	exec 9< "$work/lock"
	flock -s 9
fi

update()	# NEW FILE: replace FILE if it differs
{
	cmp -s "$1" "$2" && rm "$1" || mv "$1" "$2"
}

# All that the image is made of but the tree: when nothing of it changed since
# the last time, and the tree did not, the last image is still right.
inputs()
{
	printf '%s\n' "$listed"
	(set -f && cd / && ${tools[0]} --version)
	echo "$sanitize $races $coverage $unprovide ${compiler[*]-}"
	sha256sum "${patches[@]}" "$top"/tools/image.* "$top"/tools/image/* "$top"/tools/asm/* \
		"$top"/lib/inproc/src/image/image.h "$top"/include/control_enums.h < /dev/null
	find "$glue" -type f -exec sha256sum {} + | sort -k2
}

report()
{
	local v extra

	v=$(awk -F' *= *' '/^VERSION/ { v = $2 } /^PATCHLEVEL/ { p = $2 }
		/^SUBLEVEL/ { print v "." p "." $2; exit }' "$kdir/Makefile")
	extra=$(sed -n 's/^EXTRAVERSION *= *//p' "$kdir/Makefile")
	echo "IMAGE=$1"
	echo "TREE=linux-$v$extra"
	echo "VERSION=$v"
	(IFS=,; set -- "${patches[@]##*/}"; echo "PATCHES=$*")
	echo "COMPILER=${compiler[*]-}"
	[ ! -e "$farm/arch/x86/kvm/vmx/tdx.c" ] || echo "TDX=yes"
	echo "SLOT=$work"
	# Said each time: without it nobody knows why a symbol is missing.
	find "$work/glue" -name '*.misfit' -exec sed "s#$top/##g; s#^#image.sh: #" {} + >&2
}

listed=$(list_tree | sort)
key=$(inputs | sha256sum | cut -c1-64)
if [ "$(cat "$work/key" 2> /dev/null)" = "$key" ] && [ -e "$(cat "$work/path")" ]; then
	report "$(cat "$work/path")"
	exit 0
fi
[ -w "$work" ] || die "$work is missing or out of date, and not yours to write to: let its" \
	"owner build, or set BUILD to a directory of your own"

stage_patches
# From here on the slot is in between: a run that is interrupted starts anew.
rm -f "$work/key"
sync_farm
mapfile -t objs < <(tree_objs)
# set -e does not reach into a list before ||.
{ configure && make_objs; } > "$work/build.log" 2>&1 || {
	tail -n 30 "$work/build.log" >&2
	die "building KVM of $kdir failed; the whole output is in $work/build.log"
}

# As the tree compiles kvm_main.c, but not as a module.
sed -n 's/^savedcmd_[^=]*:= //p' "$objdir/virt/kvm/.kvm_main.o.cmd" |
	sed -e 's/ *;.*//' -e 's/-Wp,-MMD,[^ ]*//' -e 's/ -c -o .*//' -e 's/ -DMODULE//' \
	    -e 's/ -fsanitize=[^ ]*//g' -e 's/ -include [^ ]*\(kmap\|insn\)\.h//g' \
	    -e 's/-Wmissing-\(prototypes\|declarations\)//g' > "$work/flags.new"
update "$work/flags.new" "$work/flags"
for f in probe uapi; do
	"$top/tools/image/probe.sh" $f "$farm" > "$work/$f.new"
	update "$work/$f.new" "$work/glue_$f.h"
done

env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -j "$jobs" -C "$objdir" \
	-f "$top/tools/image.mk" TOP="$top" WORK="$work" FLAGS="$work/flags" \
	UNPROVIDE="$unprovide" TREE_OBJS="${objs[*]}" > "$work/link.log" 2>&1 || {
	tail -n 30 "$work/link.log" >&2
	die "linking the image of $kdir failed; the whole output is in $work/link.log"
}

# Named by content: a run that uses the old one keeps it.
image=$out/image/$(sha256sum < "$work/image.elf" | cut -c1-16).elf
[ -e "$image" ] || { cp "$work/image.elf" "$image.$$" && mv "$image.$$" "$image"; }
echo "$image" > "$work/path"
echo "$key" > "$work/key"
report "$image"
