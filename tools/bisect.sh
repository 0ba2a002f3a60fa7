#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Find the commit that breaks a test: git bisect, in a repository of ours (revision.sh).
#
#	tools/bisect.sh TREE GOOD BAD COMMAND... -- TEST...
#
# COMMAND is run_tests.sh with options; what is found is printed, with a line for each
# revision that was tried.  Status 0; 1 if GOOD fails or BAD passes; 2 with a message.
set -eu -o pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/tools/moving.sh"

words=(passed failed)
try()	# TREE COMMAND...: one line on the revision that is checked out there
{
	local tree=$1 status=0
	shift

	env -u GIT_DIR -u GIT_WORK_TREE KDIR= "$1" --for-bisect --platform src --kdir "$tree" \
		"${@:2}" > "$BUILD/git/bisect.said" 2>&1 || status=$?
	printf '%s: %s\n' "$(git -c core.abbrev=12 log -1 --format='%h %s')" \
		"${words[status]-cannot be built or driven}"
	return $status
}

if [ "$1" = --step ]; then
	shift
	status=0
	# git has this one's output among its own.
	try "$PWD" "$@" > "$BUILD/git/bisect.step" || status=$?
	cat "$BUILD/git/bisect.step" >&3
	exit $status
fi

kdir=$1 good=$2 bad=$3
shift 3
mkdir -p "$BUILD/git"
exec 7> "$BUILD/git/lock"
lock 7 "$BUILD/git"
revision=("$top/tools/revision.sh" --out "$BUILD" --kdir "$kdir")
good=$("${revision[@]}" resolve "$good") || exit 2
bad=$("${revision[@]}" resolve "$bad") || exit 2

# A test that does not tell the two apart would name some commit all the same.
want=0
for id in "$good" "$bad"; do
	tree=$("${revision[@]}" checkout "$id") || exit 2
	export GIT_DIR=${tree%/tree}/repository GIT_WORK_TREE=$tree
	status=0
	(cd "$tree" && try "$tree" "$@") || status=$?
	unset GIT_DIR GIT_WORK_TREE
	[ $status != 125 ] || { tail -n 5 "$BUILD/git/bisect.said" >&2; exit 2; }
	if [ $status != $want ]; then
		echo "run_tests.sh: --bisect: the bad revision has to fail, the good one to pass" >&2
		exit 1
	fi
	want=1
done

cd "$tree"
log=$BUILD/git/bisect.log
"${revision[@]}" git bisect start "$bad" "$good" -- \
	arch/x86 include lib virt kernel mm scripts Makefile > "$log" 2>&1
status=0
"${revision[@]}" git bisect run "$0" --step "$@" 3>&1 >> "$log" 2>&1 || status=$?
if grep -q 'is the first bad commit' "$log"; then
	first=$(sed -n 's/ is the first bad commit$//p' "$log")
	echo
	echo "The first that fails:"
	"${revision[@]}" git log -1 --stat=80 "$first" | sed 's/^/  /'
else
	sed -n '/^There are only/,/^We cannot/p' "$log" | grep . || tail -n 5 "$log" >&2
	status=2
fi
"${revision[@]}" git bisect reset HEAD > /dev/null 2>&1 || :
exit $status
