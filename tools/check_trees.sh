#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Run the suite on every kernel that Debian's archive offers, each version once, the newest
# first, and print a line for each: what came out, or why nothing could.  Called by
# make check-trees.
#
#	[BUILD=DIR] [TREES="VERSION..."] tools/check_trees.sh
#
# TREES are versions as tools/tree.sh has them.  BUILD/check-trees keeps the output and
# VERSION.log of each.  A tree takes about a minute, and 350 MB.  Status 0; 1 if something
# failed, or could not be built, on a tree that has SNP guests; 2 without any trees.
set -eu
export LC_ALL=C

root=$(cd "$(dirname "$0")/.." && pwd)
export BUILD=${BUILD:-$root/build}
results=$BUILD/check-trees
offered=${TREES:-$("$root/tools/tree.sh" --out "$BUILD" --list | cut -d ' ' -f 1 | uniq | tac)}
[ -n "$offered" ] || exit 2
mkdir -p "$results"
trap 'exit 2' INT TERM HUP

# outcome LOG SUMMARY: of a run, in words.
outcome()
{
	local passed counts

	if counts=$(sed -n 's/^src[^:]*: \([^(]*[^( ]\).*/\1/p' "$2" 2> /dev/null) && [ -n "$counts" ]; then
		passed=$(sed '1,/^Expected to fail, but passed/d; /^$/,$d' "$2" | wc -l)
		[ "$passed" = 0 ] || counts+=", $passed expected to fail"
		echo "$counts"
	else
		# The compiler says more than who called it; the last of these says most.
		{ grep -m 1 'error: ' "$1" || grep -e '^[a-z_]*\.sh: ' "$1" | grep -v 'no kernel image' |
			tail -n 1; } | sed "s#$root/##g; s#$BUILD/##g; s#^[a-z_]*\.sh: ##"
	fi
}

status=0
for version in $offered; do
	log=$results/$version.log out=$results/$version run=0
	SECONDS=0
	rm -rf "$out"
	"$root/run_tests.sh" --platform src --kdir "debian:$version" --out "$out" \
		> "$log" 2>&1 < /dev/null || run=$?
	said=$(outcome "$log" "$out/summary")
	printf '%-12s %s (%d s)\n' "$version" "${said:-status $run, see $log}" $SECONDS
	case $said in
	*'has no SNP guests'*) ;;
	*)	[ $run = 0 ] || status=1 ;;
	esac
done
exit $status
