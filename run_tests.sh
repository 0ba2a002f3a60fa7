#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Check options and set-up, build, run the tests.  See usage() and README.
set -eu
# What is printed and how it is sorted depends on no locale, nor on one that is not there.
export LC_ALL=C

usage()
{
	cat <<'END'
usage: ./run_tests.sh [OPTION]... [TEST...]
       ./run_tests.sh --qualify [OPTION]... [TEST...]
       ./run_tests.sh --matrix [--out FILE] RESULT...

Run the tests of KVM's confidential-VM exits on every platform that can serve here.
A TEST is a test's name, or NAME:CASE to run the cases whose names, or last parts of
names, match the pattern CASE (* and ? as in a shell).

  --setup             before anything else install what is missing (as root), and fetch
                      the newest kernel that Debian packages
  --setup-only        install what is missing (as root), build nothing, and exit
  --platform NAME     hw, src, src-as-hw, ref or all; default: whatever can serve here
                        hw   the machine's own /dev/kvm
                        src  a kernel tree's KVM code, in the test's process
                        src-as-hw  the same, and no test knows more than on hardware
                        ref  the reference model
  --kdir DIR          the kernel tree under test (also KDIR=DIR), or one that Debian
                      packages: debian:7.2.13, debian:7.2 for the newest of these,
                      debian:newest; default: the newest that was fetched, as it is,
                      and the one of Debian's package linux-source-6.12, as it is and
                      with each of the patches in tools/patches/6.12
  --patch PATCH       apply it to a copy of the tree, without --kdir that of
                      linux-source-6.12; may be given repeatedly.  A diff, a mail, an mbox
                      or maildir of a series as it comes from the list, or a directory of
                      patches; git:REV or git:A..B of the repository in --kdir, which is
                      not touched: the tree at REV, or B
  --diff              run before and after the patches, and print what changed
  --each              the same patch by patch: which patch changes what
  --bisect GOOD BAD   find the commit of the repository in --kdir that breaks the TESTs
  --for-bisect        exit as "git bisect run" wants it: 0 passed, 1 failed, 125 where the
                      tree cannot be built or driven
  --watch             run again, the cases concerned, whenever the tree in --kdir is saved
  --compare OLD NEW   print what changed from one --out directory to another, and exit
  --engine NAME       what runs the guest on src: kvm or unicorn; default: kvm where
                      /dev/kvm can be opened
  --sanitize          build the kernel's code with its undefined behaviour sanitizer (src)
  --strict            fail, too, if a known issue is repaired, or a patch of
                      tools/patches does not apply: for this suite's own CI
  --qualify           qualify this machine, its firmware and kernel: all kinds of exits with
                      memory on each node and vCPUs on each, on each CPU, and by VMs that
                      move, come and go, are interrupted or short of memory; then the TESTs.
                      The record of it is record.html and record.json in --out DIR, default:
                      a new directory in build/qualify.  More options of it:
  --rounds N          of all of that (default: 1), or
  --for TIME          rounds until then: 90s, 10m, 2h, 3d
  --resume DIR        go on where it was stopped, or ended by whatever
  --limit SECONDS     an exit that takes longer speaks against it; default: 2
  --only KIND,...     of the steps those of these kinds; "--only ?" names them
  --vms N             so many at once; default: by the machine
  --mib N             so much is taken from a node; default: most of what is free
  --count N           of each exit in a step; default: 1000
  --seconds S         a step takes no longer than that, but for one of each; default: 10
  --cpu-hotplug       take CPUs away and give them back, too: on hw, as root
  --sign-off NAME     who answers for it; with --resume DIR later, too
  --list              print tests, cases, requirements and revisions, and exit
  --explain ID        print what there is to know of a requirement, and exit
  -q, --quiet         print the summary alone
  -v, --verbose       print every case, every reason and all that is known of known issues
  -j N                run N tests at a time; default: number of processors
  --timeout SECONDS   stop a test of which a case takes longer; default: 45
  --out DIR           keep results there, as TAP, KTAP, JUnit XML, JSON, and an HTML page
                      (tools/results/README); default: a new directory in build/results
  --matrix            run nothing: print the conformance matrix of the RESULTs, directories
                      that earlier runs kept, and make it a page; default: build/matrix.html
  --help              print this, and exit

Exit status: 0 passed, with --diff and --each: nothing broke; 1 something failed; 2 usage
or set-up, or a signal ended it, after which the results are of what had ended; 3 nothing
failed, but something that a case needs is lacking in the in-process KVM; 4 nothing could be
run.  Of --qualify: 0 qualified; 1 not; 2 usage or set-up; 3 incomplete.

Environment: KDIR; BUILD to build elsewhere than in build/; LLVM and CC, the compiler of
the kernel under test as on kbuild's command line; LIBKVM, a kernel tree or tarball to take
the selftests' library from, where there is no linux-source-6.12; NO_COLOR.
END
}

die()
{
	echo "run_tests.sh: $*" >&2
	exit $bad
}

directory()
{
	[ -n "$2" ] || die "$1 needs a directory"
	[ -d "$2" ] || die "$1: there is no directory '$2'"
	(cd "$2" && pwd) || die "$1: cannot enter '$2'"
}

file()
{
	[ -f "$2" ] && [ -r "$2" ] || die "$1: cannot read '$2'"
	printf '%s/%s\n' "$(directory "$1" "$(dirname "$2")")" "$(basename "$2")"
}

# step COMMAND...: it and what it has started end with this script.
child=
step()
{
	local status=0

	set -m
	"$@" &
	child=$!
	set +m
	wait $child || status=$?
	child=
	return $status
}
ended()
{
	trap - INT TERM HUP
	# It tells what it has until now.
	[ -z "$child" ] || { kill -TERM -- "-$child" 2> /dev/null && wait $child; } || :
	exit 2
}
trap ended INT TERM HUP

root=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
install='' platform='' engine='' list='' explain='' sanitize='' strict='' jobs='' timeout=45
out='' known='' words='' mode='' good='' bad_rev='' bad=2 matrix=''
kdir=${KDIR:-} kdir_from=KDIR
patches=() git='' tests=() qualify=()

# ---- options ----

while [ $# -gt 0 ]; do
	option=$1
	# --option=value is --option value
	case $option in
	--*=*)	option=${1%%=*}
		value=${1#*=}
		shift
		set -- "$option" "$value" "$@" ;;
	-j?*)	shift
		set -- -j "${option#-j}" "$@"
		option=-j ;;
	esac
	case $option in
	--platform|--kdir|--patch|--engine|--explain|-j|--timeout|--out|--known-issues|\
	--rounds|--for|--resume|--limit|--only|--vms|--mib|--count|--seconds|--sign-off)
		[ $# -ge 2 ] || die "$option needs a value"
		value=$2
		shift ;;
	--bisect)
		[ $# -ge 3 ] || die "--bisect needs two revisions, a good and a bad one"
		good=$2 bad_rev=$3
		shift 2 ;;
	--compare)
		[ $# -ge 3 ] || die "--compare needs two directories, that of the old and of the new run"
		exec "$root/tools/run.pl" --compare -- "$2" "$3" ;;
	esac
	shift
	case $option in
	--diff|--each|--bisect|--for-bisect|--watch|--qualify)
		[ -z "$mode" ] || die "$option: --$mode was given, too"
		mode=${option#--} ;;
	--help|-h)	usage; exit 0 ;;
	--setup)	install=--install ;;
	--setup-only)	install=only ;;
	--list)		list=--list ;;
	--matrix)	matrix=1 ;;
	--explain)	explain=$value ;;
	--sanitize)	sanitize=--sanitize ;;
	--strict)	strict=--strict ;;
	--quiet|-q)	words=--quiet ;;
	--verbose|-v)	words=--verbose ;;
	--platform)	platform=$value ;;
	--engine)	engine=$value ;;
	--kdir)		kdir=$value kdir_from=--kdir ;;
	--patch)	case $value in
			git:*)	git=${value#git:} ;;
			*)	[ -d "$value" ] || value=$(file --patch "$value")
				patches+=("$(readlink -f -- "$value")") ;;
			esac ;;
	--out)		[ -n "$value" ] || die "--out needs a directory"
			out=$(readlink -m -- "$value") ;;
	--rounds|--for|--resume|--limit|--only|--vms|--mib|--count|--seconds|--sign-off)
			qualify+=("$option" "$value") ;;
	--cpu-hotplug|--plan)	qualify+=("$option") ;;
	# For the suite's own tests.
	--known-issues)	known=$(file --known-issues "$value") ;;
	-j)		jobs=$value ;;
	--timeout)	timeout=$value ;;
	--)		tests+=("$@"); break ;;
	-*)		die "unknown option '$option' (see --help)" ;;
	*)		tests+=("$option") ;;
	esac
done

case $platform in
''|hw|src|src-as-hw|ref|all) ;;
*)	die "--platform: '$platform' is not hw, src, src-as-hw, ref or all" ;;
esac
case $engine in
''|kvm|unicorn) ;;
*)	die "--engine: '$engine' is not kvm or unicorn" ;;
esac
if [ -n "$jobs" ]; then
	[[ $jobs =~ ^[1-9][0-9]{0,3}$ ]] || die "-j: '$jobs' is not a number from 1 to 9999"
fi
[[ $timeout =~ ^[0-9]{1,6}(\.[0-9]+)?$ && ! $timeout =~ ^0+(\.0*)?$ ]] ||
	die "--timeout: '$timeout' is not a positive number of seconds"
# What cannot be tested says nothing of a revision.
[ "$mode" != for-bisect ] || bad=125
if [ -n "$kdir" ] && [[ $kdir != debian:* ]]; then
	kdir=$(directory "$kdir_from" "$kdir") || exit $bad
	[ -f "$kdir/arch/x86/kvm/svm/sev.c" ] && [ -f "$kdir/Makefile" ] ||
		die "$kdir_from: '$kdir' is no kernel tree (no arch/x86/kvm/svm/sev.c)"
fi
if [ "$platform" = hw ] || [ "$platform" = ref ]; then
	[ ${#patches[@]} = 0 ] && [ -z "$git" ] || die "--patch: platform $platform has no tree to patch"
	[ -z "$sanitize" ] || die "--sanitize: platform $platform builds no kernel"
fi
[ -z "$git" ] || [ ${#patches[@]} = 0 ] || die "--patch git:$git does not go with other patches"
[ -z "$git" ] || { [ -n "$kdir" ] && [[ $kdir != debian:* ]]; } ||
	die "--patch git:$git: --kdir has to name a tree with its repository"
case $mode in
diff|each)
	[ -n "$git${patches[*]-}" ] || die "--$mode needs a --patch" ;;
bisect|watch)
	[ -n "$kdir" ] && [[ $kdir != debian:* ]] || die "--$mode: --kdir has to name a tree of yours"
	[ -z "$git" ] || die "--$mode does not go with git:$git" ;;
esac
[ ${#qualify[@]} = 0 ] || [ "$mode" = qualify ] || die "${qualify[0]} goes with --qualify"
case $mode in
'') ;;
for-bisect) platform=${platform:-src} ;;
qualify)
	[[ ${platform:-hw} =~ ^(hw|src)$ ]] || die "--qualify runs on platform hw or src, not on $platform"
	[ -z "$git${patches[*]-}$sanitize" ] || die "--qualify takes a kernel as it is: no --patch, no --sanitize" ;;
diff|each)
	platform=${platform:-src}
	[[ $platform == src* ]] || die "--$mode: platform $platform has no tree to change" ;;
*)	[ "${platform:-src}" = src ] || die "--$mode runs on platform src, not on $platform"
	platform=src ;;
esac
[ "$mode" != bisect ] || [ ${#tests[@]} -gt 0 ] || die "--bisect needs a TEST that tells good from bad"
export BUILD
BUILD=$(readlink -m -- "${BUILD:-$root/build}")
given=()
[ -z "$kdir" ] || [[ $kdir == debian:* ]] || given=("$kdir_from" "$(readlink -f -- "$kdir")")
why=$("$root/tools/path.sh" checkout "$root" BUILD "$BUILD" ${given[@]+"${given[@]}"}) ||
	die "$why"
if [ -n "$matrix" ]; then
	[ ${#tests[@]} != 0 ] || die "--matrix needs the directory of a run, such as build/results/latest"
	mkdir -p "$(dirname "${out:-$BUILD/matrix.html}")" || exit 2
	exec "$root/tools/matrix.pl" --out "${out:-$BUILD/matrix.html}" "${tests[@]}"
fi
for name in ${tests[@]+"${tests[@]}"}; do
	[ -f "$root/x86_64/${name%%:*}.c" ] && [[ ${name%%:*} == *_test ]] && continue
	echo "run_tests.sh: unknown test '${name%%:*}'; the tests are:" >&2
	(cd "$root/x86_64" && printf '  %s\n' *_test.c) | sed 's/\.c$//' >&2
	exit $bad
done
if [ -n "$out" ]; then
	# Not found out after minutes of building.
	mkdir -p "$out" 2> /dev/null && [ -w "$out" ] || die "--out: cannot write to '$out'"
fi
jobs=${jobs:-$(nproc)}

# For what is built on the way.
export COCO_WORDS=$words

# ---- set-up ----

purposes=(build)
case $platform in
''|all|src|src-as-hw)	purposes+=(src) ;;
esac
if [ "$platform" != hw ]; then
	if [ -n "$install" ] || [ "$engine" = unicorn ] ||
	   { [ -z "$engine" ] && ! { [ -r /dev/kvm ] && [ -w /dev/kvm ]; }; }; then
		purposes+=(unicorn)
	fi
fi
[ "$mode" != qualify ] || purposes+=(qualify)
if [ "$install" = only ]; then
	"$root/tools/setup.sh" --install "${purposes[@]}" || exit 2
	exit 0
fi

# Programs that were built from these sources need nothing to say what is in them.
asks=$list$explain
if [ -z "$asks" ] || ! "$root/tools/build.sh" --current tests; then
	"$root/tools/setup.sh" $install "${purposes[@]}" || exit $bad
	if [ -n "$install" ]; then
		# What else runs by default does not need it: to go without is better than not to go.
		step "$root/tools/tree.sh" --out "$BUILD" debian:newest > /dev/null || :
	fi
	# Not found out after minutes of building, either.
	if [[ $kdir == debian:* ]] && [ -z "$asks" ] &&
			[[ ${platform:-all} =~ ^(all|src|src-as-hw)$ ]]; then
		kdir=$("$root/tools/tree.sh" --out "$BUILD" "$kdir") || exit $bad
	fi
	[ -z "$asks" ] || echo "building the tests, which say themselves what is in them" >&2
	targets=(all)
	if [ -n "$asks" ] || [ "$platform" = hw ]; then
		targets=(tests)
	fi
	[ "$mode" != qualify ] || targets+=(qualify)
	# What is built is said on stderr: stdout is for results.
	step "$root/tools/build.sh" "${targets[@]}" >&2 || exit $bad
fi

# ---- run ----

if [ "$mode" = qualify ]; then
	out=${out:-$BUILD/qualify/$(date +%Y%m%d-%H%M%S)}
	exec "$root/tools/qualify.pl" --root "$root" --build "$BUILD" --out "$out" \
		${kdir:+--kdir "$kdir"} ${platform:+--platform "$platform"} \
		${engine:+--engine "$engine"} ${qualify[@]+"${qualify[@]}"} -- ${tests[@]+"${tests[@]}"}
fi
run=("$root/tools/run.pl" --root "$root" --build "$BUILD" --timeout "$timeout" --jobs "$jobs")
run+=($list $sanitize $strict $words ${explain:+--explain "$explain"} ${kdir:+--kdir "$kdir"})
run+=(${platform:+--platform "$platform"} ${engine:+--engine "$engine"})
run+=(${known:+--known-issues "$known"} ${out:+--out "$out"})
case $mode in
diff|each)	run+=("--$mode") ;;
esac
if [ -n "$git" ]; then
	# One revision is what it changes.
	[[ $git == *..* ]] || git=$git^..$git
	revision=("$root/tools/revision.sh" --out "$BUILD" --kdir "$kdir")
	first=$("${revision[@]}" resolve "${git%%..*}") || exit 2
	last=$("${revision[@]}" resolve "${git##*..}") || exit 2
	run+=(--rev "$first")
	if [ "$mode" = each ]; then
		while read -r id subject; do
			run+=(--rev "$id $subject")
		done < <("${revision[@]}" list "$git")
	else
		run+=(--rev "$last $git")
	fi
fi
if [ ${#patches[@]} -gt 0 ]; then
	mapfile -t patches < <("$root/tools/series.sh" --out "$BUILD/patches" "${patches[@]}" ||
		echo failed)
	[ "${patches[-1]}" != failed ] || exit $bad
	for patch in "${patches[@]}"; do
		run+=(--patch "$patch")
	done
fi

case $mode in
bisect)	exec "$root/tools/bisect.sh" "$kdir" "$good" "$bad_rev" \
		"$root/run_tests.sh" ${engine:+--engine "$engine"} ${words:+"$words"} -- "${tests[@]}" ;;
watch)	exec "$root/tools/watch.sh" "$kdir" "${run[@]}" -- ${tests[@]+"${tests[@]}"} ;;
for-bisect)
	# Whether it passes, whatever is known of the version.
	status=0
	step "${run[@]}" --known-issues /dev/null -- ${tests[@]+"${tests[@]}"} || status=$?
	[ $status -le 1 ] || status=125
	exit $status ;;
esac
exec "${run[@]}" -- ${tests[@]+"${tests[@]}"}
