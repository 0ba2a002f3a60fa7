# SPDX-License-Identifier: GPL-2.0-only
#
# The patches of an image, for image.sh.

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
