#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Run tests again whenever a kernel tree is saved, of the cases those that reach a function
# that has changed.  For ever: Ctrl-C ends it.
#
#	tools/watch.sh TREE RUN... -- [TEST...]
#
# RUN is tools/run.pl with its options.  The first run is of all tests, and records which
# functions each case reaches (lib/inproc/src/watch/reached.c).  Later runs are for the verdict
# alone; what their cases reach now is recorded after it, until the next save, and those of which
# it is not known by then are run again with that.  What changed is what the compiler made of it:
# functions whose code differs, so that one that is inlined counts as those that it went into.
# Where data changed all is run.
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
child='' recorder=''
ended()
{
	trap - INT TERM HUP
	for group in $child $recorder; do
		kill -TERM -- "-$group" 2> /dev/null || :
	done
	exit 0
}
trap 'rm -rf "$state"' EXIT
trap ended INT TERM HUP
mkdir "$state/reached" "$state/objects"
run+=(--image "$state/said" --quiet --summary-only --some)
cd "$tree"
dirs=()
for dir in arch/x86/kvm virt arch/x86/include include arch/x86/virt lib Makefile; do
	[ ! -e "$dir" ] || dirs+=("$dir")
done

# begin COMMAND...: in the background, it and what it starts as a group, $!.
begin()
{
	set -m
	"$@" &
	set +m
}

# The same, until it has ended.
step()
{
	local status=0

	begin "$@"
	child=$!
	wait $child || status=$?
	child=
	return $status
}

# $at: the time of the newest of what was saved, in seconds.
saved()
{
	at=$(find "${dirs[@]}" -newer "$state/stamp" ! -name '.*' ! -name '*~' -printf '%T@\n' |
		sort -n | tail -n 1)
	[ -n "$at" ]
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
# becomes longer, and without the number of its own line, which might_resched() and others take.
code()	# OBJECT
{
	objdump -drl --no-show-raw-insn "$1" | awk '
		/^[^ \t].*:[0-9]+( \(.*\))?$/ {
			sub(/ \(.*/, "")
			sub(/.*:/, "")
			own = sprintf("$0x%x,", $0)
			next
		}
		/^[^ \t].*\(\):$/ { next }
		/^[0-9a-f]+ <.*>:$/ { name = $2; gsub(/[<>:]/, "", name); sub(/\..*/, "", name); next }
		name == "" || !NF { next }
		{
			sub(/^[ \t]*[0-9a-f]+:[ \t]*/, "")
			# What fills up to the next function, among others.
			if ($0 ~ /^((cs|data16) +)*nop|^xchg +%ax,%ax/)
				next
			sub(/ [0-9a-f]+ </, " <")
			if (own != "" && (at = index($0, own)))
				$0 = substr($0, 1, at - 1) "LINE," substr($0, at + length(own))
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
	local dir object kept told=0

	: > "$state/functions"
	dir=$(echo "$1"/farm*"$tree"/obj)
	while IFS= read -r object; do
		kept=$state/objects/$object
		if [ -e "$kept" ]; then
			[ "$dir/$object" -nt "$kept" ] && ! cmp -s "$kept" "$dir/$object" || continue
			[ "$(data "$kept")" = "$(data "$dir/$object")" ] || told=1
			diff <(code "$kept") <(code "$dir/$object") |
				sed -n 's/^[<>] \([^\t]*\)\t.*/\1/p' | sort -u >> "$state/functions"
		fi
		mkdir -p "$(dirname "$kept")"
		cp -p "$dir/$object" "$kept"
	done < <(cd "$dir" && find arch/x86/kvm virt lib arch/x86/virt -name '*.o' ! -name '*.mod.o' \
		! -path arch/x86/kvm/kvm.o ! -path 'arch/x86/kvm/kvm-*.o' 2> /dev/null)
	return $told
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

# What the cases reach that were run into a directory with --reached, besides what they did before.
keep_reached()	# DIRECTORY
{
	local file kept

	[ -d "$1" ] || return 0
	find "$1" -name '*.reached' | while IFS= read -r file; do
		kept=$state/reached/$(basename "$file" .reached)
		if [ -e "$kept" ]; then
			sort -u -o "$kept" "$kept" "$file"
		else
			mv "$file" "$kept"
		fi
	done
	rm -rf "$1"
}

# All tests, and what they reach.
run_all()
{
	unrecorded=()
	step "${run[@]}" --out "$state/out" --reached -- ${tests[@]+"${tests[@]}"} || :
	keep_reached "$state/out"
}

# What they reach is recorded while nobody waits for it, until the tree is saved.
unrecorded=()
start_recording()
{
	[ ${#unrecorded[@]} -gt 0 ] || return 0
	begin nice "${run[@]}" --out "$state/again" --reached -- "${unrecorded[@]}" > /dev/null 2>&1
	recorder=$!
}

end_recording()
{
	local status=0

	[ -n "$recorder" ] || return 0
	# One that has ended by itself cannot be killed.
	if kill -TERM -- "-$recorder" 2> /dev/null; then
		wait $recorder 2> /dev/null || :
		status=2
	else
		wait $recorder 2> /dev/null || status=$?
	fi
	recorder=
	# Passed, failed, not driven or nothing to run: all have come to an end.
	if [[ $status = [0134] ]]; then
		unrecorded=()
		keep_reached "$state/again"
	fi
	rm -rf "$state/again"
}

touch "$state/stamp"
step "${image[@]}" > "$state/said" || exit 2
compare "$(sed -n 's/^SLOT=//p' "$state/said")" || :
run_all
while :; do
	echo
	echo "watching $tree"
	start_recording
	wait_for_save
	end_recording
	touch "$state/stamp"
	# It has said what is wrong.
	step "${image[@]}" > "$state/said" || continue
	if ! compare "$(sed -n 's/^SLOT=//p' "$state/said")"; then
		run_all
	elif [ ! -s "$state/functions" ]; then
		echo "no code has changed"
		continue
	else
		mapfile -t cases < <({ concerned | tr ' ' '\n' | grep .
			printf '%s\n' ${unrecorded[@]+"${unrecorded[@]}"}; } | grep . | sort -u)
		functions=$(sort -u "$state/functions" | head -n 4 | paste -sd ' ')
		echo "changed: $functions$([ "$(wc -l < "$state/functions")" -le 4 ] || echo " ...")," \
			"which ${#cases[@]} cases or tests reach"
		[ ${#cases[@]} -gt 0 ] || continue
		step "${run[@]}" --out "$state/out" -- "${cases[@]}" || :
		rm -rf "$state/out"
		unrecorded=("${cases[@]}")
	fi
	printf '%.1f s after the save\n' "$(bc <<< "$EPOCHREALTIME - ${at:-$EPOCHREALTIME}")"
done
