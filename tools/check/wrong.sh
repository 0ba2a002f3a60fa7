# SPDX-License-Identifier: GPL-2.0-only
#
# What the wrong_*.sh share, to be sourced after lib.sh: patches that make one mistake each,
# kernels of which little is built for each of them, and whether a run found it.

# list_cases PATTERN: $TMP/cases gets a line "REQUIREMENT TEST:CASE" for each requirement of
# each case of the tests in x86_64/ that match.
list_cases()
{
	local test
	for test in $(cd "$ROOT/x86_64" && printf '%s\n' $1 | sed 's/\.c$//'); do
		"$BUILD/x86_64/$test" --list | awk -F '\t' -v test="$test" 'NF == 3 {
			n = split($2, ids, ",")
			for (i = 1; i <= n; i++)
				print ids[i], test ":" $1
		}'
	done > "$TMP/cases"
}

# Seconds for one run, in which each test has its own: machines of which a system call takes long.
LONGEST=900

# Without another process: there are thousands of calls, and on some machines fork() is dear.
header()	# FILE KEY
{
	local line
	while IFS= read -r line; do
		case $line in
		"$2:"*)	line=${line#"$2:"}
			echo "${line#"${line%%[! 	]*}"}"
			return ;;
		'--- '*) return ;;
		esac
	done < "$1"
}

# choose NAMES FILE...: $files gets the short set of the files; all of them, for "all" and
# "each"; or those with these names.
choose()
{
	local names=$1 file name

	files=()
	for file in "${@:2}"; do
		[ -e "$file" ] || continue
		name=${file##*/}
		case $names in
		'')	[ "$(header "$file" Set)" != all ] || continue ;;
		all|each) ;;
		*)	[[ " $names " == *" ${name%.patch} "* ]] || continue ;;
		esac
		files+=("$file")
	done
}

# Are of the tests only those to be run that a wrong kernel concerns, rather than everything?
in_short()
{
	case ${WRONG_KERNELS:-} in
	''|each) return 0 ;;
	*)	return 1 ;;
	esac
}

# pool COMMAND...: in the background, as many at a time as there are processors.  Without the
# descriptor of hold(), or a hung test could keep it.
pool()
{
	while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
		wait -n
	done
	"$@" 8>&- &
}

# hold DIR: for what is kept there, by one at a time.
hold()
{
	mkdir -p "$1"
	exec 8> "$1/lock"
	flock 8
}

# $TMP/root: the suite as the runner sees it, with wrong_kernels/image.sh.
quick_images()
{
	mkdir -p "$TMP/root/tools"
	ln -s "$ROOT/x86_64" "$TMP/root/x86_64"
	ln -s "$ROOT/tools/known-issues" "$TMP/root/tools/known-issues"
	ln -s "$ROOT/tools/check/wrong_kernels/image.sh" "$TMP/root/tools/image.sh"
	export ROOT
}

# keep DIR KDIR [PATCH]: what wrong_kernels/image.sh keeps of a kernel in DIR belongs to this
# state of the tree and the suite.
keep()
{
	local dir=$1 slot

	"$ROOT/tools/image.sh" --out "$BUILD" --kdir "$2" ${3:+--patch "$3"} \
			> "$TMP/report" 2> "$TMP/base.log" 8>&- || {
		sed "s/^/# /" "$TMP/base.log"
		echo "Bail out! no image of ${2##*/}${3:+ with ${3##*/}}"
		exit 1
	}
	slot=$(sed -n 's/^SLOT=//p' "$TMP/report")
	cat "$slot/key" "$TMP/report" "$ROOT/tools/check/wrong_kernels/image.sh" > "$TMP/key"
	cmp -s "$TMP/key" "$dir/key" && return
	rm -rf "$dir"
	mkdir -p "$dir"
	ln -s "$slot" "$dir/slot"
	cp "$TMP/report" "$TMP/key" "$dir"
}

# batch DIR KDIR FILE...: one image for the mistakes of these files on what keep() keeps in DIR,
# for wrong_kernels/image.sh to take them from; but for those that need more than a function.
batch()
{
	local dir=$1 kdir=$2 work=$TMP/batch-${1##*/} file together=()

	rm -rf "$dir/batch"
	for file in "${@:3}"; do
		[ -z "$(header "$file" Base)$(header "$file" Says)$(header "$file" Alone)" ] || continue
		grep -q '^+++ b/.*\.h\b' "$file" || together+=("$file")
	done
	[ ${#together[@]} -gt 3 ] || return 0
	WRONG_KERNEL=$dir WRONG_BASE= WRONG_WORK=$work \
		"$ROOT/tools/check/wrong_kernels/image.sh" --out "$BUILD" --kdir "$kdir" \
		--batch "${together[@]}" > "$work.log" 2>&1 8>&- || {
		sed "s/^/# /" "$work.log"
		echo "# So each wrong kernel of ${dir##*/} is compiled by itself."
		rm -rf "$dir/batch"
	}
	rm -rf "$work"
}

# first NAME: of the cases in standard input, one a line, those that come first on that mistake;
# outside of the short set all.  By $shown, a list of what has shown which mistake, lines
# "NAME TEST:CASE..."; where it has none of them, of many ten that are evenly spread.
first()
{
	local few=10

	[ -z "${WRONG_KERNELS:-}${WRONG_MODELS:-}" ] || few=1000000
	awk -v few=$few -v name="$1" '
		list {
			if ($1 == name)
				for (i = 2; i <= NF; i++)
					shows[$i] = 1
			next
		}
		{ line[++nr] = $0; there[$0] = 1 }
		END {
			for (c in shows) {
				test = c
				sub(/:.*/, "", test)
				if (few == 10 && (c in there || test in there)) {
					print c
					found = 1
				}
			}
			n = found ? 0 : nr > 2 * few ? few : nr
			for (i = 0; i < n; i++)
				print line[int(i * nr / n) + 1]
		}' list=1 "$shown" list=0 -
}

# run_selected NAME FILE [CASE...]: has the caller's run_cases() NAME [CASE...] run the cases on
# the mistake in FILE: at first some of them, and all only if these do not show it.  For judged().
run_selected()
{
	local name=$1 file=$2 status=0
	local -a few
	shift 2
	mapfile -t few < <(printf '%s\n' "$@" | first "$name")
	if [ $# -gt 0 ] && [ "${few[*]}" != "$*" ]; then
		run_cases "$name" "${few[@]}"
		judge "$name" "$file" > "$TMP/$name.says" || status=$?
	fi
	if [ ! -e "$TMP/$name.says" ] || [ $status != 0 ]; then
		run_cases "$name" "$@"
		status=0
		judge "$name" "$file" > "$TMP/$name.says" || status=$?
	fi
	echo $status > "$TMP/$name.judged"
}

# judged NAME: what judge() said after run_selected(), with its status.
judged()
{
	cat "$TMP/$1.says"
	return "$(< "$TMP/$1.judged")"
}

# not_known ID...: the known issues but these.
not_known()
{
	# Not twice: in a redirection it would be the child's.
	local list=$TMP/known-$BASHPID

	grep -vE "^(${1// /|}) " "$ROOT/tools/known-issues" > "$list"
	echo "$list"
}

ids()	# FILE KEY: one a line
{
	local words
	words=$(header "$1" "$2")
	[ -z "$words" ] || printf '%s\n' ${words//,/ }
}

# The cases for the requirements that $1 has to break.
concerned()
{
	ids "$1" Requirement | awk 'NR == FNR { wanted[$1] = 1; next }
		$1 in wanted && !seen[$2]++ { print $2 }' - "$TMP/cases"
}

# The requirements that the report's failures name, one a line.
named()
{
	sed -n '/^Failures:$/,/^Output of each test:/p' "$1" |
		sed -n 's/^    \([A-Z][A-Z0-9]*\(-[A-Z0-9]*\)*\) (.*/\1/p' | sort -u
}

# With WRONG_SHOWN=FILE that file gets the line of NAME for a list of what has shown which mistake.
note_shown()
{
	[ -n "${WRONG_SHOWN:-}" ] || return 0
	{ ids "$2" Requirement; echo; sed -n '/^Failures:$/,/^Output of each test:/p' "$TMP/$1.log"; } |
		awk -v name="$1" '
			/^Failures:$/ { log_now = 1 }
			!log_now { if ($1) wanted[$1] = 1; next }
			/^  [^ .]/ { split($0, part, ": "); sub(/ #.*/, "", part[3]); at = part[2] ":" part[3] }
			/^    [A-Z]/ && ($1 in wanted) { shows[at] = 1; delete wanted[$1]; found = 1 }
			/^  [^ .]/ && !other { other = at }
			END {
				if (!found)
					shows[other] = 1
				printf "%s", name
				for (c in shows)
					printf " %s", c
				print ""
			}' >> "$WRONG_SHOWN"
}

# judge NAME FILE: did the run with $TMP/NAME.status and .log find what FILE breaks?
judge()
{
	local name=$1 file=$2 log=$TMP/$1.log status id said why= named wanted known
	status=$(< "$TMP/$name.status")
	case $status in
	1)	;;
	0)	echo "the suite passes where $(header "$file" Wrong)"
		! in_short || [ -n "${WRONG_MODELS:-}" ] || [ -n "$(header "$file" Run)" ] ||
			echo "(only cases whose rows list the requirement were run)"
		return 1 ;;
	*)	echo "status $status instead of 1; it said:"
		tail -n 20 "$log"
		return 1 ;;
	esac
	named=" $(named "$log" | tr '\n' ' ')"
	wanted=" $(header "$file" Requirement) "
	wanted=${wanted//,/ }
	for id in $wanted; do
		[[ $named == *" $id "* ]] || why+="no failure names $id"$'\n'
	done
	wanted+=" $(header "$file" Also) "
	wanted=${wanted//,/ }
	known=$(header "$file" Not-known)
	for id in $named; do
		# Whole protocols: any mistake may show in them.
		[[ $id != *-VMM-* && $id != *-ATT-* && $wanted != *" $id "* ]] || continue
		# The stock tree fails these, too: a case that fails otherwise names them again.
		[[ " $known " != *" $id "* ]] && grep -q -e "^$id |" "$ROOT/tools/known-issues" && continue
		why+="a failure names $id, which the patch does not list"$'\n'
	done
	said=$(header "$file" Says)
	if [ -n "$said" ] && ! grep -qF -e "$said" "$log"; then
		why+="the report does not say '$said'"$'\n'
	elif [ -z "$said$(header "$file" Requirement)" ]; then
		why+="the patch has neither Requirement nor Says"$'\n'
	fi
	[ -n "$why" ] || { note_shown "$name" "$file"; return 0; }
	sed -n '/^Failures:$/,$p' "$log" | head -n 40
	# Last, because the report keeps the last lines.
	printf %s "$why"
	return 1
}
