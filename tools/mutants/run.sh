#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Mutants: each place of sev.c and tdx.c written otherwise, one at a time, and which of them
# no case notices.
#
#	tools/mutants/run.sh [--kdir DIR] [--patch FILE]... [--file NAME] [--function REGEX]
#		[--tries N,M] [--out DIR] [--again] [--coverage] [--covers FILE:LINE] [-j N] [TEST...]
#
# The tree is the newest that is packaged by default.  With --patch it has the patch, and only
# lines that a patch touches are written otherwise; --file sev.c or tdx.c: only that file;
# --function: only functions that match, of which alone the coverage is then.  --tries: a
# mutant that more than M cases reach is run in M of them, and in N of a test, at most (2,40);
# then those that are left in all of them, if no more than ALL_CASES reach them, or in those that
# have killed others of its function or take no longer than QUICK_MS.
# TEST: only these tests.
#
# All results go to the --out directory (build/mutants by default), a run that was stopped goes
# on there, unless --again is given, or the tree or the suite has changed:
#	table.txt, index.html, mutants.json	what became of each mutant, survivors first
#	coverage.info				lines and branches of both files, for lcov
# --coverage: nothing but the last one.  --covers: the cases that come by that line.
# A mutant whose function is compiled to the same code as the original, or another mutant, is
# not run: it is listed as equivalent, as is what tools/mutants/equivalent has a reason for.
#
# Needs libclang (tools/setup.sh mutants).  Status 0, or 2 with a message.
set -eu -o pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build}
kdir=${KDIR:-debian:newest}
out=
only=
function=
tries=2,40
# Rows of a table come by the same lines, and differ in what they give to them: what tells two
# kernels apart is often another row than the first.
QUICK_MS=${QUICK_MS-10}
ALL_CASES=${ALL_CASES-400}
again=
mode=mutants
covers=
jobs=$(nproc)
patches=()
tests=()
sources=(arch/x86/kvm/svm/sev.c arch/x86/kvm/vmx/tdx.c)

die()
{
	echo "mutants: $*" >&2
	exit 2
}

while [ $# -gt 0 ]; do
	case $1 in
	--kdir)		kdir=${2:?}; shift 2 ;;
	--patch)	patches+=("$(readlink -f "${2:?}")"); shift 2 ;;
	--file)		only=${2:?}; shift 2 ;;
	--function)	function=${2:?}; shift 2 ;;
	--tries)	tries=${2:?}; shift 2 ;;
	--out)		out=${2:?}; shift 2 ;;
	--again)	again=1; shift ;;
	--coverage)	mode=coverage; shift ;;
	--covers)	mode=coverage; covers=${2:?}; shift 2 ;;
	-j)		jobs=${2:?}; shift 2 ;;
	-*)		die "unknown option $1" ;;
	*)		tests+=("$1"); shift ;;
	esac
done
case $only in
''|sev.c|tdx.c) ;;
*)	die "--file $only: mutants are made of sev.c and tdx.c" ;;
esac
[ ${#tests[@]} -gt 0 ] ||
	mapfile -t tests < <(cd "$top/x86_64" && printf '%s\n' *_test.c | sed 's/\.c$//')
for t in "${tests[@]}"; do
	[ -e "$top/x86_64/$t.c" ] || die "unknown test '$t'"
done

"$top/tools/setup.sh" build src unicorn mutants || exit 2
BUILD=$build "$top/tools/build.sh" all mutants || exit 2
out=${out:-$build/mutants}
mkdir -p "$out"
out=$(readlink -f "$out")
exec 8> "$out/lock"
flock -n 8 || die "somebody else is at work in $out"

# ---- the image: once as the tree has it, for its objects, and once with all mutants ----

patch_options=()
for p in "${patches[@]}"; do
	[ -r "$p" ] || die "cannot read patch $p"
	patch_options+=(--patch "$p")
done
case $kdir in
debian:*) tree=$("$top/tools/tree.sh" --out "$build" "$kdir") || exit 2 ;;
*)	tree=$kdir ;;
esac
report=$("$top/tools/image.sh" --out "$build" --kdir "$tree" "${patch_options[@]}") || exit 2
slot=$(sed -n 's/^SLOT=//p' <<< "$report")
farm=$slot/farm$(readlink -f "$tree")
version=$(sed -n 's/^VERSION=//p' <<< "$report")

dir=$out/source
mutate()	# FIRST [OPTION...] SOURCE
{
	"$top/tools/mutants/source.sh" --mutate "$build/tools/mutants/mutate" --objdir "$farm/obj" \
		--out "$dir" ${function:+--function "$function"} --first "$@" || exit 2
}

make_image()
{
	local s first=1,1

	rm -rf "$dir" "$out/table" "$out/image"
	mkdir -p "$dir"
	: > "$dir/mutants.patch"
	for s in "${sources[@]}"; do
		[ -e "$farm/$s" ] || continue
		echo "$first" > "$dir/$(basename "$s").first"
		mutate "$first" "$s" > "$dir/said"
		! grep -q '^sites 0,' "$dir/said" || continue
		first=$(sed 's/.*next //' "$dir/said")
		s=$s awk '{ print $0 "\t" ENVIRON["s"] }' "$dir/$(basename "$s" .c).table" >> "$dir/table"
		diff -u --label "a/$s" --label "b/$s" "$farm/$s" "$dir/$(basename "$s")" \
			>> "$dir/mutants.patch" || [ $? = 1 ]
	done
	[ -s "$dir/mutants.patch" ] || die "no function matches $function"
	"$top/tools/image.sh" --out "$build" --kdir "$tree" "${patch_options[@]}" \
		--patch "$dir/mutants.patch" > "$dir/report" || exit 2
	sed -n 's/^IMAGE=//p' "$dir/report" > "$out/image"
	mv "$dir/table" "$out/table"
}

key=$(cat "$slot/key"; echo "$function"
	sha256sum "$build/tools/mutants/mutate" "$top/tools/mutants/source.sh" | cut -d ' ' -f 1)
if [ "$(cat "$out/key" 2> /dev/null)" != "$key" ] ||
		! [ -e "$(cat "$out/image" 2> /dev/null)" ]; then
	rm -f "$out/key"
	make_image
	echo "$key" > "$out/key"
fi

# ---- running ----

# Lines that patches touch, "FILE LINE": what they add, and what stands where they remove.
touched()
{
	awk '/^\+\+\+ / { file = $2; sub(/^[^\/]*\//, "", file) }
		/^@@ / { split($3, at, /[+,]/); line = at[2]; next }
		/^\+/ { print file, line++; next }
		/^-/ { print file, line; next }
		/^ / { line++ }' "$@"
}

# The mutants that are wanted, one a line.
wanted()
{
	{
		[ ${#patches[@]} = 0 ] || touched "${patches[@]}"
		echo
		cat "$out/table"
	} | awk -F '\t' -v only="$only" -v function_="$function" -v patched=${#patches[@]} '
		!table { if ($0 == "") table = 1; else lines[$0] = 1; next }
		$1 != "mutant" || (only != "" && $10 !~ "/" only "$") || $7 !~ function_ ||
			(patched && !(($10 " " $4) in lines)) { next }
		{ print $2 }'
}

# "ID OTHER": which of them are compiled to the same code as another one, or the original (0).
same()
{
	local s

	for s in "${sources[@]}"; do
		[ -e "$dir/$(basename "$s").first" ] || continue
		s=$s awk -F '\t' 'NR == FNR { want[$1] = 1; next }
			$1 == "mutant" && $10 == ENVIRON["s"] && $2 in want { print $2 }' \
			"$out/wanted" "$out/table" > "$dir/ids"
		[ ! -s "$dir/ids" ] || mutate "$(cat "$dir/$(basename "$s").first")" --same "$dir/ids" "$s"
	done
}

# A character for each mutant, as lib/check/mutants.c has it.
state()
{
	awk -F '[\t ]' -v many="${tries#*,}" '
		FILENAME == ARGV[1] { run[$1] = 1; next }
		FILENAME == ARGV[2] { delete run[$1]; next }
		FILENAME == ARGV[3] {
			if ($1 != "case" || $4 != "pass") next
			n = split($NF, sites, ",")
			for (i = 1; i <= n; i++) {
				last = first = sites[i] + 0
				if ((at = index(sites[i], "-"))) last = substr(sites[i], at + 1) + 0
				for (; first <= last; first++) cases[first]++
			}
			next
		}
		$1 == "mutant" {
			if ($2 > max) max = $2
			if ($2 in run) run[$2] = cases[$3] > many ? 1 : 3
		}
		END { for (i = 0; i <= max; i++) printf "%d", run[i] }' \
		"$out/wanted" "$out/same" "$out/coverage/results" "$out/table"
}

# "TEST:CASE MUTANT...": for what was run in a part of its cases only, and left, all of them, if
# they are not many; else those that have killed a mutant of the same function, and the quick.
choose()
{
	mkdir -p "$out/again"
	perl - "$out" "$QUICK_MS" "$ALL_CASES" > "$out/again/chosen" <<- 'EOF'
		use strict;
		my ($out, $quick, $all) = @ARGV;
		my (%cases, %killers, %killed, %chosen, $tries);
		sub lines { open my $f, '<', "$out/$_[0]" or die "$_[0]: $!\n"; map { chomp; [split /\t/] } <$f> }
		my %mutant = map { $_->[1] => $_ } grep { $_->[0] eq 'mutant' } lines('table');
		my %wanted = map { $_->[0] => 1 } lines('wanted');
		delete $wanted{(split ' ', $_->[0])[0]} for lines('same');
		for (grep { $_->[0] eq 'case' && $_->[3] eq 'pass' } lines('coverage/results')) {
			my $name = "$_->[1]:$_->[2]";
			my $ms = $_->[4];
			for (split /,/, $_->[6]) {
				my ($a, $b) = split /-/;
				$cases{$_}{$name} = $ms for $a .. $b // $a;
			}
		}
		for (grep { $_->[0] eq 'killed' } lines('run/results')) {
			$killed{$_->[1]} = 1;
			$killers{$mutant{$_->[1]}[6]}{"$_->[2]:$_->[3]"}++;
		}
		open my $f, '<:raw', "$out/run/tries" or die "tries: $!\n";
		my @tries = unpack 'S*', do { local $/; <$f> };
		for my $id (sort { $a <=> $b } grep { !$killed{$_} } keys %wanted) {
			my ($cases, $killers) = ($cases{$mutant{$id}[2]} // {}, $killers{$mutant{$id}[6]} // {});
			next if $tries[$id] >= keys %$cases;
			push @{$chosen{$_}}, $id for
				grep { keys %$cases <= $all || $killers->{$_} || $cases->{$_} <= $quick }
				keys %$cases;
		}
		print "$_ @{$chosen{$_}}\n" for sort keys %chosen;
	EOF
}

# State of a run of these.
left_over()
{
	awk 'NR == FNR { for (i = 2; i <= NF; i++) run[$i] = 1; next }
		$1 == "mutant" && $2 > max { max = $2 }
		END { for (i = 0; i <= max; i++) printf "%d", run[i] ? 3 : 0 }' \
		"$out/again/chosen" "$out/table"
}

# A directory for programs to keep results in; what is there of the same is kept.
begin()	# DIR STATE
{
	local id

	id=$(cat "$out/key"; sha256sum < "$out/table"; sha256sum "$build"/x86_64/*_test \
		"$build/inproc/libinproc-src.so" | sha256sum; echo "${tests[*]} ${COCO_MUTANTS_TRIES-} $2" | sha256sum)
	mkdir -p "$1"
	ln -sf ../table "$1/table"
	if [ -n "$again" ] || [ "$(cat "$1/id" 2> /dev/null)" != "$id" ]; then
		echo "$id" > "$1/id"
		: > "$1/results"
		printf %s "$2" > "$1/state"
		head -c $((2 * ${#2})) /dev/zero > "$1/tries"
	fi
	printf 0 | dd of="$1/state" conv=notrunc status=none
}

run_test()	# DIR TEST
{
	local vendor=amd

	[[ $2 != tdx_* ]] || vendor=intel
	COCO_MUTANTS=$1 COCO_ENGINE=unicorn COCO_VENDOR=$vendor COCO_IMAGE=$(cat "$out/image") \
		COCO_KNOWN=$known LD_PRELOAD=$build/inproc/libinproc-src.so \
		"$build/x86_64/$2" > "$1/$2.log" 2>&1 8>&- || :
	! grep -h '^Bail out\|COCO_MUTANTS' "$1/$2.log" >&2 || return 255
}

# All cases of all tests, in this order.
run_all()	# DIR TEST...
{
	local dir=$1 began=$SECONDS workers

	export out build known
	export -f run_test
	# Whoever is to stop goes on to the end of one mutant.
	trap "printf 2 | dd of='$dir/state' conv=notrunc status=none; stopped=1" INT TERM
	setsid -w xargs -P "$jobs" -I '{}' bash -c 'run_test "$1" "$2"' - "$dir" '{}' \
		< <(printf '%s\n' "${@:2}") 8>&- &
	workers=$!
	while kill -0 $workers 2> /dev/null; do
		[ ! -t 2 ] || progress "$dir" $((SECONDS - began)) >&2
		sleep 1
	done
	[ ! -t 2 ] || printf '\r\e[K' >&2
	trap - INT TERM
	wait $workers || die "a test ended: see $dir"
	[ -z "${stopped-}" ] || echo "mutants: stopped; the same command goes on from here" >&2
}

progress()	# DIR SECONDS
{
	awk -F '\t' -v seconds="$2" '$1 == "case" { cases++; runs += $6 }
		$1 == "killed" { killed++ }
		END { printf "\r\033[Kcases done %d, runs %d, killed %d, %d s", cases, runs, killed, seconds }' \
		"$1/results"
}

known=$(perl -I"$top/tools/lib" -MCoco::KnownIssues -e '
	print join ",", sort keys %{Coco::KnownIssues->load($ARGV[0])->of_version($ARGV[1])}' \
	"$top/tools/known-issues" "$version")
stopped=

# What cases reach, and how long they take.
begin "$out/coverage" 0
run_all "$out/coverage" "${tests[@]}"
for t in "${tests[@]}"; do
	[ -z "$stopped" ] || break
	grep -q "^case	$t	" "$out/coverage/results" ||
		grep -qs '^1\.\.0 # SKIP' "$out/coverage/$t.log" ||
		die "no case of $t could be run: see $out/coverage/$t.log"
done
if [ $mode = mutants ] && [ -z "$stopped" ]; then
	wanted > "$out/wanted.new"
	[ -s "$out/wanted.new" ] || die "there is no mutant of what is wanted"
	if ! cmp -s "$out/wanted.new" "$out/wanted" || ! [ -e "$out/same" ] || [ "$out/table" -nt "$out/same" ]; then
		mv "$out/wanted.new" "$out/wanted"
		same > "$out/same.new"
		mv "$out/same.new" "$out/same"
	fi
	export COCO_MUTANTS_TRIES=$tries
	begin "$out/run" "$(state)"
	# Where many mutants die soon, few have to be run on what takes long.
	mapfile -t tests < <(awk -F '\t' '$1 == "case" { ms[$2] += $5; nr[$2]++ }
		END { for (t in ms) print ms[t] / nr[t], t }' "$out/coverage/results" | sort -n |
		cut -d ' ' -f 2)
	run_all "$out/run" "${tests[@]}"
	if [ -z "$stopped" ]; then
		choose
		export COCO_MUTANTS_TRIES=
		begin "$out/again" "$(left_over)"
		mapfile -t tests < <(cut -d : -f 1 "$out/again/chosen" | sort -u)
		[ ${#tests[@]} = 0 ] || run_all "$out/again" "${tests[@]}"
	fi
fi
perl "$top/tools/mutants/report.pl" --out "$out" --tree "linux-$version" \
	--root "$farm" --mode $mode ${covers:+--covers "$covers"}
