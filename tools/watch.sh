#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Run tests again whenever a kernel tree is saved, of the cases those that reach a function
# that has changed.  For ever: Ctrl-C ends it.
#
#	tools/watch.sh TREE RUN... -- [TEST...]
#
# RUN is tools/run.pl with its options.  The first run is of all tests, and records which
# functions each case reaches (lib/inproc/src/watch/reached.c); so does each later one.  What
# changed is what the compiler made of it: functions whose code differs, so that one that is
# inlined counts as those that it went into.  Where data changed all is run.
set -eu -o pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/.." && pwd)
tree=$1
shift
run=() image=("$top/tools/image.sh" --out "$BUILD" --kdir "$tree") tests=()
while [ "$1" != -- ]; do
	case $1 in
	--patch)	image+=("$1" "$2") ;;
	--sanitize)	image+=("$1") ;;
	esac
	run+=("$1")
	shift
done
shift
tests=("$@")

state=$(mktemp -d "${TMPDIR:-/tmp}/coco-watch-XXXXXX")
trap 'rm -rf "$state"' EXIT
trap 'exit 0' INT TERM HUP
mkdir "$state/reached" "$state/objects"
run+=(--out "$state/out" --reached --image "$state/said" --quiet)
cd "$tree"
dirs=()
for dir in arch/x86/kvm virt arch/x86/include include arch/x86/virt lib Makefile; do
	[ ! -e "$dir" ] || dirs+=("$dir")
done

saved()
{
	[ -n "$(find "${dirs[@]}" -newer "$state/stamp" ! -name '.*' ! -name '*~' -print -quit)" ]
}

# The time of the newest of what was saved, in seconds.
saved_at()
{
	find "${dirs[@]}" -newer "$state/stamp" -type f -printf '%T@\n' | sort -n | tail -n 1
}

wait_for_save()
{
	until saved; do
		if command -v inotifywait > /dev/null; then
			inotifywait -qq -r -t 5 -e close_write,move,create,delete "${dirs[@]}" || :
		else
			sleep 0.2
		fi
	done
}

# Lines of an object's code, each with its function; without what moves when another function
# becomes longer.
code()	# OBJECT
{
	objdump -dr --no-show-raw-insn "$1" | awk '
		/^[0-9a-f]+ <.*>:$/ { name = $2; gsub(/[<>:]/, "", name); sub(/\..*/, "", name); next }
		name == "" { next }
		{
			sub(/^[ \t]*[0-9a-f]+:[ \t]*/, "")
			sub(/ [0-9a-f]+ </, " <")
			if ($1 ~ /^R_X86_64_/ && $2 ~ /^\./)
				sub(/[-+]0x[0-9a-f]+$/, "", $2)
			print name "\t" $0
		}'
}

# Its data, as far as it is no string of a function's.
data()	# OBJECT
{
	objdump -sr "$1" | awk '
		/^Contents of section/ { keep = $4 ~ /^\.(data|rodata)/ && $4 !~ /\.str/ }
		/^RELOCATION RECORDS/ { keep = $4 ~ /^\[\.(data|rodata)/ }
		/ R_X86_64_/ { sub(/\+0x[0-9a-f]+$/, "") }
		keep' | cksum
}

# $state/functions: what changed since the objects were kept; false if that cannot be told.
compare()	# SLOT
{
	local dir object kept

	: > "$state/functions"
	dir=$(echo "$1"/farm*"$tree"/obj)
	while IFS= read -r object; do
		kept=$state/objects/$object
		if [ -e "$kept" ]; then
			cmp -s "$kept" "$dir/$object" && continue
			[ "$(data "$kept")" = "$(data "$dir/$object")" ] || return
			diff <(code "$kept") <(code "$dir/$object") |
				sed -n 's/^[<>] \([^\t]*\)\t.*/\1/p' | sort -u >> "$state/functions"
		fi
		mkdir -p "$(dirname "$kept")"
		cp -p "$dir/$object" "$kept"
	done < <(cd "$dir" && find arch/x86/kvm virt lib arch/x86/virt -name '*.o' ! -name '*.mod.o' \
		! -path arch/x86/kvm/kvm.o ! -path 'arch/x86/kvm/kvm-*.o')
}

# The cases that reach one of the functions, as run.pl takes them.
concerned()
{
	local pattern
	pattern=$(paste -sd '|' "$state/functions")
	(cd "$state/reached" && grep -rE $'\t'"($pattern)(\\.[A-Za-z0-9_.]+)?\$" . || :) |
		sed -e 's|^\./||' -e 's/\t.*//' | awk -F : '
			$2 == "-" { all[$1] = 1 }
			!seen[$0]++ { of[$1] = of[$1] " " $0 }
			END { for (t in of) print (t in all) ? t : of[t] }'
}

keep_reached()
{
	local file name
	find "$state/out" -name '*.reached' | while IFS= read -r file; do
		name=$(basename "$file" .reached)
		cat "$file" >> "$state/reached/$name"
	done
	rm -rf "$state/out"
}

touch "$state/stamp"
"${image[@]}" > "$state/said" || exit 2
compare "$(sed -n 's/^SLOT=//p' "$state/said")" || :
"${run[@]}" -- ${tests[@]+"${tests[@]}"} || :
keep_reached
while :; do
	echo
	echo "watching $tree"
	wait_for_save
	at=$(saved_at)
	touch "$state/stamp"
	# It has said what is wrong.
	"${image[@]}" > "$state/said" || continue
	cases=(${tests[@]+"${tests[@]}"})
	if compare "$(sed -n 's/^SLOT=//p' "$state/said")"; then
		if [ ! -s "$state/functions" ]; then
			echo "no code has changed"
			continue
		fi
		mapfile -t cases < <(concerned | tr ' ' '\n' | grep .)
		functions=$(sort -u "$state/functions" | head -n 4 | paste -sd ' ')
		echo "changed: $functions$([ "$(wc -l < "$state/functions")" -le 4 ] || echo " ...")," \
			"which ${#cases[@]} cases or tests reach"
		[ ${#cases[@]} -gt 0 ] || continue
	fi
	"${run[@]}" -- ${cases[@]+"${cases[@]}"} || :
	printf '%.1f s after the save\n' "$(bc <<< "$EPOCHREALTIME - ${at:-$EPOCHREALTIME}")"
	keep_reached
done
