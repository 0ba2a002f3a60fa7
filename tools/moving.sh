# SPDX-License-Identifier: GPL-2.0-only
#
# What somebody at a terminal sees while a script takes its time, to be sourced: a line on
# stderr that moves.  Elsewhere the line is printed once.  COCO_WORDS is --quiet, --verbose
# or empty, as run_tests.sh was told.

mover=

at_terminal()
{
	[ -t 2 ] && [ "${TERM:-dumb}" != dumb ] && [ -z "${COCO_WORDS:-}" ]
}

# moving TEXT: until still is called.
moving()
{
	if ! at_terminal; then
		[ "${COCO_WORDS:-}" = --quiet ] || echo "$1" >&2
		return 0
	fi
	(
		trap 'exit 0' TERM
		SECONDS=0
		while :; do
			printf '\r\033[K%s, %d s' "$1" $SECONDS >&2
			# Whoever was to end it may have been killed.
			kill -0 $$ 2> /dev/null || exit 0
			sleep 1
		done
	) < /dev/null > /dev/null &
	mover=$!
}

still()
{
	[ -n "$mover" ] || return 0
	kill $mover 2> /dev/null || :
	wait $mover 2> /dev/null || :
	mover=
	printf '\r\033[K' >&2
}

# The last line of what is printed, in place of the one before: TOTAL lines are expected.
last_line()	# TOTAL
{
	local line nr=0 columns
	columns=$(tput cols 2> /dev/null || echo 80)

	if ! at_terminal; then
		if [ "${COCO_WORDS:-}" = --quiet ]; then
			grep -v '^  [A-Z]* *[^ ]*$' || :
		else
			cat
		fi
		return
	fi
	while IFS= read -r line; do
		case $line in
		'  '[A-Z]*)	nr=$((nr + 1))
			line="building, $nr of ${1}:$line"
			printf '\r\033[K%s' "${line:0:columns-1}" ;;
		# What a compiler says stays.
		*)	printf '\r\033[K%s\n' "$line" ;;
		esac
	done
	printf '\r\033[K'
}

# lock FD WHAT: take it, and say so if somebody else has it.
lock()
{
	flock -n "$1" && return
	moving "waiting for another run that has the lock of $2"
	flock "$1"
	still
}
