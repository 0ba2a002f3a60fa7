# SPDX-License-Identifier: GPL-2.0-only
#
# TAP for the suite's own shell tests, to be sourced.  ROOT and BUILD are the
# repository and where it was built; TMP is a directory of theirs, removed at the end.
set -u

: "${ROOT:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${BUILD:=$ROOT/build}"
nr_cases=0
nr_failed=0
TMP=$(mktemp -d "${TMPDIR:-/tmp}/coco-check-XXXXXX") || exit 1
"$ROOT/tools/path.sh" "Bail out! TMPDIR" "$TMP" || {
	rmdir "$TMP"
	exit 1
}
trap 'rm -rf "$TMP"' EXIT
trap 'exit 1' INT TERM HUP

# ok DESCRIPTION COMMAND...: one case, passed if the command succeeds.  What it
# prints is shown if it fails.
ok()
{
	local description=$1 output
	shift
	nr_cases=$((nr_cases + 1))
	if output=$("$@" 2>&1); then
		echo "ok $nr_cases $description"
	else
		[ -z "$output" ] || printf '%s\n' "$output" | sed 's/^/# /'
		echo "not ok $nr_cases $description"
		nr_failed=$((nr_failed + 1))
	fi
}

skip()
{
	nr_cases=$((nr_cases + 1))
	echo "ok $nr_cases $1 # SKIP $2"
}

# expect STATUS TEXT COMMAND...: the command ends with the status, and says the text
# (a fixed string; empty: anything) on stdout or stderr.
expect()
{
	local want=$1 text=$2 output status=0
	shift 2
	output=$("$@" 2>&1 < /dev/null) || status=$?
	if [ $status != "$want" ]; then
		echo "$*: wanted status $want, got $status; it said:"
		printf '%s\n' "$output" | tail -n 20
		return 1
	fi
	case $output in
	*"$text"*) return 0 ;;
	esac
	echo "$*: does not say '$text', but:"
	printf '%s\n' "$output" | tail -n 20
	return 1
}

finish()
{
	echo "1..$nr_cases"
	[ $nr_failed = 0 ]
	exit
}
