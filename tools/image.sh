#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Make the kernel image of a tree: configure and build its KVM objects, outside
# the tree, and link them with our glue.
#
#   tools/image.sh [--out DIR] [--kdir DIR] [--patch FILE]... [--slot NAME] [--sanitize]
#		  [--unprovide SYMBOL] [-j N]
#
# The tree may be debian:VERSION, too (tools/tree.sh).
# With --sanitize the tree's objects are built with its undefined behaviour sanitizer.
# With --unprovide the glue does not provide the symbol: for the suite's own tests.
#
# LLVM and CC in the environment mean what they mean on kbuild's command line; the glue is
# compiled with the same.
#
# Prints IMAGE=, TREE=, VERSION=, PATCHES=, COMPILER= and SLOT= lines.  Status 0; or 2, or
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
slot=
sanitize=
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
	--patch) patches+=("$(readlink -f "${2:?}")"); shift 2 ;;
	--slot) slot=${2:?}; shift 2 ;;
	--unprovide) unprovide=${2:?}; shift 2 ;;
	--sanitize) sanitize=sanitize; shift ;;
	-j) jobs=${2:?}; shift 2 ;;
	*) die "unknown option $1" ;;
	esac
done

case $kdir in
''|debian:*) kdir=$("$top/tools/tree.sh" --out "$out" $kdir) ;;
esac
[ -d "$kdir" ] || die "no such directory: $kdir"
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

# The compiler as kbuild chooses it, and what it needs to be there.
compiler=()
tools=("${CC:-gcc}")
if [ -n "${LLVM-}" ]; then
	compiler+=("LLVM=$LLVM")
	case $LLVM in
	*/)	llvm() { echo "$LLVM$1"; } ;;
	-*)	llvm() { echo "$1$LLVM"; } ;;
	*)	llvm() { echo "$1"; } ;;
	esac
	tools=("${CC:-$(llvm clang)}")
	for tool in ld.lld llvm-ar llvm-nm llvm-objcopy; do
		tools+=("$(llvm $tool)")
	done
fi
[ -z "${CC-}" ] || compiler+=("CC=$CC")
for tool in "${tools[@]}"; do
	# From elsewhere, as kbuild does; CC may be several words.
	(set -f && cd / && $tool --version) > /dev/null 2>&1 ||
		die "${compiler[*]:-the compiler}: cannot run $tool --version"
done

mkdir -p "$out/image" 2> /dev/null || [ -d "$out/image" ] || die "cannot create $out/image"
out=$(readlink -f "$out")
# Objects and glue of a tree; a name that tells slots apart, no more.
slot_name()	# [PATCH]...
{
	printf '%s\n' "$kdir" $sanitize $unprovide ${compiler[@]+"${compiler[@]}"} "$@" |
		sha256sum | cut -c1-12
}
: "${slot:=$(slot_name "${patches[@]}")}"
work=$out/image/$slot
configs=("$top/tools/image.config" ${sanitize:+"$top/tools/image.sanitize.config"})
farm_root=$work/farm
farm=$farm_root$kdir
# In the farm, so that kbuild names sources as ../..., and a slot can be cloned.
objdir=$farm/obj
glue=$top/lib/inproc/src/kernel
# One of somebody else's will do if nothing has to be done in it.
mkdir -p "$work" 2> /dev/null || :
if [ -w "$work" ]; then
	exec 9> "$work/lock"
	flock 9
elif [ -r "$work/lock" ]; then
	exec 9< "$work/lock"
	flock -s 9
fi

# What kbuild needs for our objects, and what else a patch may touch (taken in
# below): no build products, which a tree that was built in place is full of.
list_tree()
{
	cd "$kdir"
	find . -type d \( -name .git -o -path ./include/generated -o -path ./include/config \
		-o -path ./arch/x86/include/generated -o -path ./arch/x86/boot/compressed \
		-o -path ./tools/testing -o -path ./tools/perf \
		-o -path ./tools/objtool/libsubcmd \) -prune -o \
		\( -path './drivers/*' -o -path './fs/*' -o -path './net/*' -o -path './sound/*' \
		   -o -path './samples/*' -o -path './block/*' -o -path './crypto/*' \
		   -o -path './arch/[a-wyz]*' -o -path './tools/bpf/*' -o -path './ipc/*' \
		   -o -path './io_uring/*' -o -path './Documentation/*' \) \
		! -name 'Kconfig*' ! -name 'Makefile*' ! -name 'Kbuild*' -o \
		-type f ! -name '.*' ! -name '*.o' ! -name '*.a' ! -name '*.ko' ! -name '*.cmd' \
		! -name '*.d' ! -name '*.mod' ! -name '*.mod.c' ! -name '*.order' \
		! -name '*.symvers' ! -name '*.s' ! -name '*.so' ! -name '*.so.dbg' \
		! -name '*.tab.[ch]' ! -name '*.lex.c' ! -name 'vmlinux*' ! -name System.map \
		! -name inat-tables.c ! -name elfconfig.h ! -name devicetable-offsets.h \
		! -name crc32table.h ! -name capflags.c ! -name cpufeaturemasks.awk.out \
		! -name 'GTAGS*' ! -name 'tags' ! -name 'cscope*' \
		-printf '%P\t%s %T@ %m\n'
}

# Host programs of an in-place build look like sources to make's VPATH.
drop_programs()
{
	cd "$kdir"
	find scripts tools/objtool tools/build tools/bpf/resolve_btfids arch/x86/tools usr \
		-type f -perm /111 -size +1k 2> /dev/null |
	while IFS= read -r f; do
		[ "$(head -c 4 "$f" | od -An -tx1 | tr -d ' \n')" = 7f454c46 ] && echo "$f"
	done || true
}

# Paths that a patch names, without the first component (patch -p1).
patch_paths()
{
	sed -n -E -e 's#^(---|\+\+\+) [^/	]*/([^	]*).*#\2#p' \
	       -e 's#^rename (from|to) ##p' "$1" | grep -v '^dev/null$' | sort -u
}

# Apply the patches to copies of what they touch, in $work/stage.
stage_patches()
{
	local p f log=$work/patch.log

	rm -rf "$work/stage"
	mkdir -p "$work/stage"
	for p in "${patches[@]}"; do
		[ -n "$(patch_paths "$p")" ] || die "$p holds no unified diff"
		patch_paths "$p" | while IFS= read -r f; do
			case $f in
			/*|../*|*/../*) die "$p: path $f leads out of the tree" ;;
			esac
			[ ! -e "$kdir/$f" ] || [ -e "$work/stage/$f" ] && continue
			mkdir -p "$work/stage/$(dirname "$f")"
			cp -L "$kdir/$f" "$work/stage/$f"
			chmod u+w "$work/stage/$f"
		done
		if ! patch -d "$work/stage" -p1 --batch --forward --no-backup-if-mismatch -r - \
			< "$p" > "$log" 2>&1; then
			echo "image.sh: patch does not apply: $p" >&2
			awk '/^(checking|patching) file/ { file = $3 }
			     /FAILED|can.t find file|previously applied|malformed|garbage/ {
				print "image.sh:   " file ": " $0 }' "$log" >&2
			rm -rf "$work/stage"
			exit 3
		fi
	done
}

install_file()	# SRC PATH: a copy in the farm, with a new time
{
	mkdir -p "$farm/$(dirname "$2")"
	rm -f "$farm/$2"
	cat "$1" > "$farm/$2"
	[ ! -x "$1" ] || chmod +x "$farm/$2"
}

# A new slot starts as a copy of one of its tree that is up to date: with the first of its
# patches, as many as there is one for, or with none.  Then only what the others change has
# to be compiled.
clone_slot()
{
	local base n

	for ((n = ${#patches[@]}; n >= 0; n--)); do
		# What is left out is left out of the link.
		base=$out/image/$(unprovide= slot_name "${patches[@]:0:n}")
		[ "$base" != "$work" ] && [ -e "$base/key" ] && break
	done
	[ $n -ge 0 ] || return 0
	exec 8< "$base/lock"
	flock -s 8
	if [ -e "$base/key" ]; then
		rm -rf "$farm_root"
		cp -a "$base/farm" "$farm_root"
		# objtool's makefiles write whole paths; rebuilt, it rebuilds all.
		find "$objdir/tools" \( -name '.*.cmd' -o -name '.*.d' \) \
			-exec sed -i "s|$base/farm|$farm_root|g" {} +
		cp -a "$base/programs" "$base/patched" "$base/image.config" "$base/glue" \
			"$base/glue_probe.h" "$base/flags" "$work"
		find "$work/glue" -name "*.d" -exec sed -i "s|$base/|$work/|g" {} +
		cp -a "$base/manifest" "$work"
	fi
	exec 8<&-
}

# Bring the farm up to date: links for a new one; later, what changed in the
# tree becomes a copy, so that its time is newer than any object's.
sync_farm()
{
	local f

	list_tree | sort > "$work/manifest.new"
	[ -s "$work/manifest.new" ] || die "$kdir holds no files (links are not followed)"
	# A tree that was exchanged as a whole: file by file would take longer than anew.
	if [ "$(comm -3 "$work/manifest" "$work/manifest.new" 2> /dev/null | wc -l)" -gt 4000 ]; then
		rm -rf "$work/manifest" "$objdir"
	fi
	[ -e "$work/manifest" ] && [ -d "$objdir" ] || { rm -f "$work/manifest"; clone_slot; }
	if [ ! -e "$work/manifest" ]; then
		drop_programs | sort > "$work/programs"
		rm -rf "$farm_root"
		mkdir -p "$farm_root"
		cut -f1 "$work/manifest.new" | comm -23 - "$work/programs" | sed "s|^|$kdir/|" |
			tr '\n' '\0' | xargs -0 cp -s --parents -t "$farm_root"
		: > "$work/patched"
	elif ! cmp -s "$work/manifest" "$work/manifest.new"; then
		comm -3 "$work/manifest" "$work/manifest.new" | sed 's/^\t//' | cut -f1 | sort -u |
		while IFS= read -r f; do
			grep -qxF "$f" "$work/programs" && continue
			rm -f "$farm/$f"
			[ ! -e "$kdir/$f" ] || install_file "$kdir/$f" "$f"
		done
	fi

	(cd "$work/stage" && find . -type f -printf '%P\n' | sort) > "$work/patched.new"
	comm -23 "$work/patched" "$work/patched.new" | while IFS= read -r f; do
		rm -f "$farm/$f"
		[ ! -e "$kdir/$f" ] || install_file "$kdir/$f" "$f"
	done
	while IFS= read -r f; do
		cmp -s "$work/stage/$f" "$farm/$f" || install_file "$work/stage/$f" "$f"
	done < "$work/patched.new"
	# A file that the patches remove is in neither the stage nor the farm.
	for p in "${patches[@]}"; do
		patch_paths "$p"
	done | while IFS= read -r f; do
		[ -e "$work/stage/$f" ] || rm -f "$farm/$f"
	done
	mv "$work/patched.new" "$work/patched"
	mv "$work/manifest.new" "$work/manifest"
}

kmake()
{
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -j "$jobs" -C "$farm" O="$objdir" \
		ARCH=x86_64 KBUILD_BUILD_TIMESTAMP=0 ${compiler[@]+"${compiler[@]}"} \
		"KCFLAGS=-include $glue/insn.h" "KAFLAGS=-include $glue/insn.h" \
		"CFLAGS_svm/sev.o=-include $glue/linux/kmap.h" \
		"CFLAGS_../../../virt/kvm/kvm_main.o=-include $glue/linux/kmap.h" \
		"CFLAGS_../../../virt/kvm/pfncache.o=-include $glue/linux/kmap.h" "$@"
}

# What a .config was made of: another compiler has other options.
config_inputs()
{
	echo "# ${compiler[*]-}"
	cat "${configs[@]}"
}

configure()
{
	if [ -e "$objdir/.config" ] && config_inputs | cmp -s - "$work/image.config"; then
		return
	fi
	mkdir -p "$objdir"
	# What x86_64_defconfig does, with ours on top, in one go of kconfig.
	cat "$farm/arch/x86/configs/x86_64_defconfig" "${configs[@]}" \
		> "$objdir/.config"
	kmake olddefconfig || return
	[ -z "$sanitize" ] || grep -q '^CONFIG_UBSAN=y' "$objdir/.config" ||
		die "CONFIG_UBSAN cannot be enabled in $kdir: no --sanitize (see $objdir/.config)"
	grep -q '^CONFIG_KVM_AMD_SEV=y' "$objdir/.config" ||
		die "CONFIG_KVM_AMD_SEV cannot be enabled in $kdir (see $objdir/.config)"
	config_inputs > "$work/image.config"
}

# The tree's objects: all of KVM, as its own makefiles make modules of it, the SEAMCALL
# wrappers, and the parts of lib that they lean on.  What a version does not have is left
# out.
tree_objs()
{
	local o

	echo arch/x86/kvm/kvm.o
	echo arch/x86/kvm/kvm-amd.o
	[ ! -e "$farm/arch/x86/kvm/vmx/tdx.c" ] || echo arch/x86/kvm/kvm-intel.o
	while read -r o; do
		if [ -e "$farm/$o.c" ] || [ -e "$farm/$o.S" ]; then
			echo "$o.o"
		fi
	done < <(sed -e '/^#/d' -e '/^$/d' "$top/tools/image/objects")
}

# kbuild comes by arch/x86/lib on two ways at once: those go one after the other,
# and only when there is a reason, since every kbuild takes seconds to get going.
make_objs()
{
	local o libs=() rest=()

	for o in "${objs[@]}"; do
		case $o in
		arch/x86/lib/*)
			[ "$objdir/$o" -nt "$farm/${o%.o}.S" ] &&
				[ "$objdir/$o" -nt "$objdir/.config" ] || libs+=("$o") ;;
		*)	rest+=("$o") ;;
		esac
	done
	kmake "${rest[@]}" || return
	[ ${#libs[@]} -eq 0 ] || kmake -j1 "${libs[@]}"
}

update()	# NEW FILE: replace FILE if it differs
{
	cmp -s "$1" "$2" && rm "$1" || mv "$1" "$2"
}

# All that the image is made of but the tree: when nothing of it changed since
# the last time, and the tree did not, the last image is still right.
inputs()
{
	list_tree | sort
	(set -f && cd / && ${tools[0]} --version)
	echo "$sanitize $unprovide ${compiler[*]-}"
	sha256sum "${patches[@]}" "$top"/tools/image.* "$top"/tools/image/* \
		"$top"/lib/inproc/src/image/image.h "$top"/include/control_enums.h < /dev/null
	find "$glue" -type f -exec sha256sum {} + | sort -k2
}

report()
{
	local v

	v=$(awk -F' *= *' '/^VERSION/ { v = $2 } /^PATCHLEVEL/ { p = $2 }
		/^SUBLEVEL/ { print v "." p "." $2; exit }' "$kdir/Makefile")
	echo "IMAGE=$1"
	echo "TREE=linux-$v"
	echo "VERSION=$v"
	(IFS=,; set -- "${patches[@]##*/}"; echo "PATCHES=$*")
	echo "COMPILER=${compiler[*]-}"
	echo "SLOT=$work"
	# Said each time: without it nobody knows why a symbol is missing.
	find "$work/glue" -name '*.misfit' -exec sed "s#$top/##g; s#^#image.sh: #" {} + >&2
}

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
"$top/tools/image/probe.sh" "$farm" > "$work/probe.new"
update "$work/probe.new" "$work/glue_probe.h"

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
