# SPDX-License-Identifier: GPL-2.0-only
#
# The patches of an image, for image.sh.

# Paths that a patch names, without the first component (patch -p1).
patch_paths()
{
	sed -n -E -e 's#^(---|\+\+\+) [^/	]*/([^	]*).*#\2#p' \
	       -e 's#^rename (from|to) ##p' "$1" | grep -v '^dev/null$' | sort -u
}

# Does a patch make the file?
makes()	# PATCH PATH
{
	awk -v path="$2" '
		/^--- / { from = $2 }
		/^\+\+\+ / { to = $2; sub(/^[^\/]*\//, "", to); if (to == path && from == "/dev/null") found = 1 }
		/^rename to / && $3 == path { found = 1 }
		END { exit !found }' "$1"
}

# The patch without the files of which tools/tree.sh has unpacked nothing: KVM is not made
# of them.  Of a tree that somebody else brought all is there, or missing.
unpacked_parts()	# PATCH
{
	local f missing=()

	while IFS= read -r f; do
		[ -e "$work/stage/$f" ] || makes "$1" "$f" || missing+=("$f")
	done < <(patch_paths "$1")
	if [ ${#missing[@]} = 0 ] || [ ! -e "$kdir.stamp" ]; then
		cat "$1"
		return
	fi
	printf 'image.sh: %s: left out, since it is not unpacked: %s\n' "${1##*/}" "${missing[*]}" >&2
	awk -v missing="${missing[*]}" '
		BEGIN { n = split(missing, m, " "); for (i = 1; i <= n; i++) no[m[i]] = 1 }
		function flush() { if (!out) printf "%s", part; part = ""; out = named = 0 }
		/^diff --git / || (/^--- / && named) { flush() }
		/^(---|\+\+\+) / { named = /^\+/; path = $2; sub(/^[^\/]*\//, "", path); if (path in no) out = 1 }
		{ part = part $0 "\n" }
		END { flush() }' "$1"
}

# What patch(1) said, as one line: the file, the hunk, and how much else.
complaint()	# LOG
{
	awk '
		function add(what) { if (!n++) said = what }
		/^(checking|patching) file/ { file = $3 }
		/^Hunk #[0-9]+ FAILED/ { add(file ": hunk " substr($2, 2) " at line " $5 + 0) }
		/previously applied/ { add(file ": it is applied already") }
		/^\|(---|\+\+\+|diff --git) / { missing = $2; sub(/^[^\/]*\//, "", missing) }
		/^No file to patch/ { add("the tree has no " missing) }
		/malformed|garbage/ { add($0) }
		END { print said (n > 1 ? ", and " n - 1 " more" : "") }' "$1"
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
		unpacked_parts "$p" > "$work/patch"
		[ -n "$(patch_paths "$work/patch")" ] || continue
		if ! patch -d "$work/stage" -p1 --batch --forward --no-backup-if-mismatch -r - \
			< "$work/patch" > "$log" 2>&1; then
			echo "image.sh: patch does not apply: $p: $(complaint "$log")" >&2
			rm -rf "$work/stage"
			exit 3
		fi
	done
}
