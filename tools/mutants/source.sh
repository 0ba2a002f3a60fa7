#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A source of a kernel tree with all of its mutants in it, as the tree's own build compiles it.
#
#	tools/mutants/source.sh --mutate PROGRAM --objdir DIR --out DIR [--first SITE,MUTANT]
#		[--function REGEX] [--same IDS] SOURCE
#
# PROGRAM is the built tools/mutants/*.c; --objdir is where kbuild has made the object before
# (obj in the farm of an image's slot); SOURCE is a path of the tree, arch/x86/kvm/svm/sev.c
# say.  Leaves NAME.c and NAME.table in the --out directory.  What does not compile is left
# out, by the places that the compiler names, until nothing is left to complain of.
#
# With --same it says which of the mutants in the file IDS are no mistakes of their own, since
# their function is compiled to the same code as the original: "ID 0", or as with another one:
# "ID OTHER".  Status 0, or 2 with a message.
set -eu -o pipefail
export LC_ALL=C

first=1,1
ids=
options=()
while [ $# -gt 1 ]; do
	case $1 in
	--mutate)	mutate=$(readlink -f "$2") ;;
	--objdir)	objdir=$(readlink -f "$2") ;;
	--out)		mkdir -p "$2"; out=$(readlink -f "$2") ;;
	--first)	first=$2 ;;
	--function)	options+=(--function "'$2'") ;;
	--same)		ids=$(readlink -f "$2") ;;
	*)		echo "source.sh: unknown option $1" >&2; exit 2 ;;
	esac
	shift 2
done
source=$1
name=$(basename "$source" .c)
cd "$objdir"
saved=${source%/*}/.$name.o.cmd
[ -r "$saved" ] || { echo "source.sh: $objdir has no $saved" >&2; exit 2; }
command=$(sed -n '1s/^savedcmd_[^=]*:= //p' "$saved" |
	sed -e 's/ *;.*//' -e 's/-Wp,-MMD,[^ ]*//' -e 's/ -c -o .*//')
# Of gcc's flags those that change what the source means.
flags=$(tr ' ' '\n' <<< "${command#* }" | awk '
	/^-(include|I)$/ { print; getline; print; next }
	/^-(I|D|U|nostdinc$|std=|fshort-wchar|funsigned-char|fms-ext|m64)/' | tr '\n' ' ')

# Which of the functions NAME__mID in assembly are the same, but for the numbers of labels.
same_code()
{
	awk '
		function done() {
			if (name == "") return
			if (id == 0) split("", first)
			if (code in first) print id, first[code]
			else first[code] = id
			name = ""
		}
		match($0, /^[A-Za-z_0-9]+__m[0-9]+:$/) {
			name = substr($0, 1, length($0) - 1)
			id = name
			sub(/.*__m/, "", id)
			code = ""
			nr = 0
			split("", label)
			next
		}
		name == "" { next }
		$1 == ".size" && $2 == name "," { done(); next }
		{
			line = ""
			while (match($0, /\.L[0-9]+/)) {
				l = substr($0, RSTART, RLENGTH)
				if (!(l in label)) label[l] = ++nr
				line = line substr($0, 1, RSTART - 1) "@" label[l]
				$0 = substr($0, RSTART + RLENGTH)
			}
			line = line $0
			gsub(name, "SELF", line)
			gsub(/__func__\.[0-9]+/, "__func__", line)
			code = code line "\n"
		}'
}

same()
{
	eval "$mutate --out $out/$name.copies.c --copies $ids --first $first ${options[*]-} \
		../$source --target=x86_64-linux-gnu -w $flags" > "$out/$name.said" || exit 2
	# A mutant that BUILD_BUG_ON() and its kin refuse alone is there all the same among others.
	printf '#undef __compiletime_error\n#define __compiletime_error(message)\n' > "$out/alone.h"
	eval "$command -include $out/alone.h -w -fno-ipa-icf -fno-toplevel-reorder -g0 -iquote ../${source%/*} -S \
		-o $out/$name.copies.s $out/$name.copies.c" > "$out/$name.log" 2>&1 || {
		grep -m 5 error "$out/$name.log" >&2
		exit 2
	}
	same_code < "$out/$name.copies.s" | sort -n
}

if [ -n "$ids" ]; then
	same
	exit
fi

errors=()
for round in {1..12}; do
	# Flags carry quotes for the shell.
	eval "$mutate --out $out/$name.c --table $out/$name.table --first $first ${options[*]-} ${errors[*]-} \
		../$source --target=x86_64-linux-gnu -w $flags" > "$out/$name.said" || exit 2
	if eval "$command -w -fmax-errors=0 -ftabstop=1 -iquote ../${source%/*} -c \
		-o $out/$name.o $out/$name.c" > "$out/$name.log" 2>&1; then
		cat "$out/$name.said"
		exit 0
	fi
	{ grep -oE "$name\.c:[0-9]+:[0-9]+: (error|note: in)|at .*$name\.c:[0-9]+:[0-9]+:" \
		"$out/$name.log" || :; } | sed 's/.*\.c:\([0-9]*:[0-9]*\):.*/\1/' | sort -u > "$out/$name.errors$round"
	[ -s "$out/$name.errors$round" ] || break
	errors+=(--errors "$out/$name.errors$round")
done
grep -E 'error' "$out/$name.log" | head -n 5 >&2
echo "source.sh: $source does not compile with its mutants: see $out/$name.log" >&2
exit 2
