#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A source of a kernel tree with all of its mutants in it, as the tree's own build compiles it.
#
#	tools/mutants/source.sh --mutate PROGRAM --objdir DIR --out DIR [--first SITE,MUTANT] SOURCE
#
# PROGRAM is the built tools/mutants/*.c; --objdir is where kbuild has made the object before
# (obj in the farm of an image's slot); SOURCE is a path of the tree, arch/x86/kvm/svm/sev.c
# say.  Leaves NAME.c and NAME.table in the --out directory.  What does not compile is left
# out, by the places that the compiler names, until nothing is left to complain of.  Status 0,
# or 2 with a message.
set -eu -o pipefail
export LC_ALL=C

first=1,1
while [ $# -gt 1 ]; do
	case $1 in
	--mutate)	mutate=$(readlink -f "$2") ;;
	--objdir)	objdir=$(readlink -f "$2") ;;
	--out)		mkdir -p "$2"; out=$(readlink -f "$2") ;;
	--first)	first=$2 ;;
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

errors=()
for round in {1..12}; do
	# Flags carry quotes for the shell.
	eval "$mutate --out $out/$name.c --table $out/$name.table --first $first ${errors[*]-} \
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
