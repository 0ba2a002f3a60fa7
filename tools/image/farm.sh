# SPDX-License-Identifier: GPL-2.0-only
#
# The farm of links in which kbuild sees a tree, for image.sh: without build products, with
# copies of what is patched or was changed since.  A slot's $work/manifest lists the tree as
# it was, $work/patched the copies, $work/programs what was left out, $work/changed what is
# not as it was when the objects of it were made.

# What kbuild needs for our objects, and what else a patch may touch (taken in
# below): no build products, which a tree that was built in place is full of.
list_tree()
{
	cd "$kdir"
	find . -type d \( -name .git -o -path ./include/generated -o -path ./include/config \
		-o -path ./arch/x86/include/generated -o -path ./arch/x86/boot/compressed \
		-o -path ./tools/testing -o -path ./tools/perf \
		-o -path ./tools/objtool/libsubcmd \) -prune -o \
		\( -path './drivers/*' ! -path './drivers/crypto/ccp/*' \
		   -o -path './fs/*' -o -path './net/*' -o -path './sound/*' \
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

install_file()	# SRC PATH: a copy in the farm, with a new time
{
	echo "$2" >> "$work/changed"
	mkdir -p "$farm/$(dirname "$2")"
	rm -f "$farm/$2"
	cat "$1" > "$farm/$2"
	[ ! -x "$1" ] || chmod +x "$farm/$2"
}

drop_file()	# PATH
{
	[ ! -e "$farm/$1" ] || echo "$1" >> "$work/changed"
	rm -f "$farm/$1"
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
		# Or without counters.
		base=$out/image/$(unprovide= coverage= slot_name "${patches[@]:0:n}")
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
			"$base"/glue_{probe,uapi}.h "$base/flags" "$work"
		find "$work/glue" -name "*.d" -exec sed -i "s|$base/|$work/|g" {} +
		cp -a "$base/manifest" "$work"
		cp -a "$base/compiled" "$work" 2> /dev/null || :
	fi
	exec 8<&-
}

# Bring the farm up to date: links for a new one; later, what changed in the
# tree becomes a copy, so that its time is newer than any object's.
sync_farm()
{
	local f

	[ -n "$listed" ] || die "$kdir holds no files (links are not followed)"
	printf '%s\n' "$listed" > "$work/manifest.new"
	# A tree that was exchanged as a whole: file by file would take longer than anew.
	if [ "$(comm -3 "$work/manifest" "$work/manifest.new" 2> /dev/null | wc -l)" -gt 4000 ]; then
		rm -rf "$work/manifest" "$objdir"
	fi
	[ -e "$work/manifest" ] && [ -d "$objdir" ] || { rm -f "$work/manifest"; clone_slot; }
	if [ ! -e "$work/manifest" ]; then
		rm -f "$work/compiled"
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
			drop_file "$f"
			[ ! -e "$kdir/$f" ] || install_file "$kdir/$f" "$f"
		done
	fi

	(cd "$work/stage" && find . -type f -printf '%P\n' | sort) > "$work/patched.new"
	comm -23 "$work/patched" "$work/patched.new" | while IFS= read -r f; do
		drop_file "$f"
		[ ! -e "$kdir/$f" ] || install_file "$kdir/$f" "$f"
	done
	while IFS= read -r f; do
		cmp -s "$work/stage/$f" "$farm/$f" || install_file "$work/stage/$f" "$f"
	done < "$work/patched.new"
	# A file that the patches remove is in neither the stage nor the farm.
	for p in "${patches[@]}"; do
		patch_paths "$p"
	done | while IFS= read -r f; do
		[ -e "$work/stage/$f" ] || drop_file "$f"
	done
	mv "$work/patched.new" "$work/patched"
	mv "$work/manifest.new" "$work/manifest"
}
