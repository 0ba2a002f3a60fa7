#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Compile a file of the glue against a tree's headers, whatever became of them: called by
# image.mk.
#
#	glue.sh SOURCE OBJECT COMMAND
#
# COMMAND is the compiler's, as one word for the shell, without source and object.  Functions
# and tables that do not fit the tree, because a prototype or a structure is another one, are
# left out of the object: who needs them is "not driven" then, and names them.  OBJECT.misfit
# says what was left out and why, as the compiler does: with both prototypes.  Status: of the
# compiler on an empty file, at worst.
set -u
export LC_ALL=C

source=$1 object=$2 command=$3
rest=$object.c

compile()	# FILE
{
	eval "$command -Wmissing-prototypes -iquote ${source%/*} -c -o $object $1" 2> "$object.log"
}

# The lines of the source that the compiler complained of.
wrong_lines()
{
	sed -n "s#^$source:\([0-9]*\):.*error: .*#\1#p" "$object.log" | sort -un
}

# The source without its top-level parts that have such a line, under its name and with its
# lines' numbers.  Kernel style has a part end with a brace, or a semicolon of a line of its
# own, in the first column.
without()	# FILE, on stdin the lines
{
	awk -v source="$source" '
		NR == FNR { wrong[$1] = 1; next }
		FNR == 1 && !/^# 1 / { printf "# 1 \"%s\"\n", source; shift = 0 }
		FNR == 1 && /^# 1 / { print; shift = 1; next }
		{
			part[++n] = $0
			if ((FNR - shift) in wrong)
				out = 1
		}
		/^}/ || /^[^ \t#\/].*;$/ || /^$/ && !open {
			for (i = 1; i <= n; i++)
				print out && part[i] !~ /^#/ ? "" : part[i]
			n = out = open = 0
			next
		}
		/^{/ || /^[^ \t#\/].*{$/ { open = 1 }
		END {
			for (i = 1; i <= n; i++)
				print part[i]
		}' - "$1"
}

rm -f "$object.misfit" "$rest"
compile "$source" && { cat "$object.log" >&2; exit; }
{
	echo "${source##*/} does not fit this tree; left out:"
	grep -E ': (fatal )?error: |: note: (previous|expected)' "$object.log"
} > "$object.misfit"
case $source in
*.c)	file=$source
	# What is left out may be needed by what is not: some rounds, and then nothing is left.
	for _ in 1 2 3 4 5 6 7 8; do
		wrong=$(wrong_lines)
		[ -n "$wrong" ] || break
		without "$file" <<< "$wrong" > "$rest.new"
		mv "$rest.new" "$rest"
		file=$rest
		compile "$rest" && exit
	done ;;
esac
echo "all of ${source##*/}" >> "$object.misfit"
: > "$rest"
compile "$rest" || exit
# A header may be what does not fit, of which an empty file depends on none: next time again.
printf '%s: again\n.PHONY: again\n' "$object" > "$object.d"
