#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Revisions of a kernel tree's own repository, which is read and never written to: they are
# checked out in a repository of ours that borrows its objects.
#
#	tools/revision.sh --out DIR --kdir TREE checkout REV	prints where it lies
#	tools/revision.sh --out DIR --kdir TREE list A..B	its commits that may concern KVM,
#								oldest first: "ID SUBJECT"
#	tools/revision.sh --out DIR --kdir TREE resolve REV	prints its ID
#	tools/revision.sh --out DIR --kdir TREE git ARGUMENT...	git in our repository
#
# A REV is what git takes for a commit in TREE.  There is one place for a repository's
# revisions, so that what they share is not compiled again: who builds there holds a lock on
# DIR/git/lock.  Status 0, or 2 with a message on stderr.
set -eu -o pipefail
export LC_ALL=C
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE

. "$(dirname "$0")/tree.list"

die()
{
	echo "revision.sh: $*" >&2
	exit 2
}

[ $# -ge 5 ] && [ "$1" = --out ] && [ "$3" = --kdir ] ||
	die "usage: revision.sh --out DIR --kdir TREE COMMAND [ARGUMENT]..."
out=$(readlink -m -- "$2") kdir=$4 command=$5
shift 5
command -v git > /dev/null || die "git is missing"

# It may be somebody else's: nothing of it is executed.
theirs()
{
	git -c safe.directory='*' --no-optional-locks -C "$kdir" "$@"
}

common=$(theirs rev-parse --git-common-dir 2> /dev/null) || die "$kdir is no git repository"
common=$(cd "$kdir" && readlink -f "$common")
# A directory somewhere in another project's repository is none.
[ "$(readlink -f "$(theirs rev-parse --show-toplevel)")" = "$(readlink -f "$kdir")" ] ||
	die "$kdir is no git repository, but lies in one"

ours=$out/git/$(sha256sum <<< "$common" | cut -c1-12)
mine()
{
	git --git-dir="$ours/repository" --work-tree="$ours/tree" -c advice.detachedHead=false \
		-c gc.auto=0 "$@"
}

resolve()	# REV
{
	theirs rev-parse --verify --quiet --end-of-options "$1^{commit}" ||
		die "$kdir has no revision '$1'"
}

# Patterns as sparse-checkout has them.
patterns()
{
	local f

	set -f
	for f in $dirs; do
		echo "/$f"
	done
	for f in $files; do
		case $f in
		\*/*)	echo "${f#\*/}" ;;
		*/\**)	echo "/${f%%/*}/**/${f##*/}" ;;
		*)	echo "/$f" ;;
		esac
	done
	set +f
}

prepare()
{
	mkdir -p "$ours/tree"
	[ -e "$ours/repository/HEAD" ] || git init -q --bare "$ours/repository"
	mine config core.bare false
	mine config core.sparseCheckout true
	mine config core.sparseCheckoutCone false
	mkdir -p "$ours/repository/info"
	echo "$common/objects" > "$ours/repository/objects/info/alternates"
	patterns > "$ours/repository/info/sparse-checkout"
	rm -f "$ours/repository/shallow"
	[ ! -e "$common/shallow" ] || cp "$common/shallow" "$ours/repository/shallow"
}

case $command in
checkout)
	id=$(resolve "$1")
	prepare
	mine checkout -q --force --detach "$id" 2> "$ours/log" ||
		die "cannot check out '$1' (a partial clone lacks what was never checked out):" \
			"$(head -n 1 "$ours/log")"
	echo "$ours/tree" ;;
resolve)
	resolve "$1" ;;
list)
	from=$(resolve "${1%%..*}")
	to=$(resolve "${1##*..}")
	# Unquoted: one word a directory.  Nothing else is compiled into an image.
	theirs log --reverse --no-merges --format='%H %s' "$from..$to" -- \
		arch/x86 include lib virt kernel mm scripts Makefile ;;
git)
	prepare
	mine "$@" ;;
*)	die "unknown command '$command'" ;;
esac
