#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Check options and set-up, build, run the tests.  See usage() and README.
set -eu

usage()
{
	cat <<'END'
usage: ./run_tests.sh [OPTION]... [TEST...]
       ./run_tests.sh --matrix [--out FILE] RESULT...

Run the tests of KVM's confidential-VM exits on every platform that can serve here.
A TEST is a test's name, or NAME:CASE to run the cases whose names, or last parts of
names, match the pattern CASE (* and ? as in a shell).

  --setup             before anything else install what is missing (as root), and fetch
                      the newest kernel that Debian packages
  --platform NAME     hw, src, ref or all; default: whatever can serve here
                        hw   the machine's own /dev/kvm
                        src  a kernel tree's KVM code, in the test's process
                        ref  the reference model
  --kdir DIR          the kernel tree under test (also KDIR=DIR), or one that Debian
                      packages: debian:7.2.13, debian:7.2 for the newest of these,
                      debian:newest; default: the newest that was fetched, as it is,
                      and the one of Debian's package linux-source-6.12, as it is and
                      with each of the patches in tools/patches/6.12
  --patch FILE        apply this patch to a copy of the tree, without --kdir that of
                      linux-source-6.12; may be given repeatedly
  --engine NAME       what runs the guest on src: kvm or unicorn; default: kvm where
                      /dev/kvm can be opened
  --sanitize          build the kernel's code with its undefined behaviour sanitizer (src)
  --strict            fail, too, if a known issue is repaired, or a patch of
                      tools/patches does not apply: for this suite's own CI
  --list              print tests, cases, requirements and revisions, and exit
  -j N                run N tests at a time; default: number of processors
  --timeout SECONDS   stop a test that takes longer; default: 45
  --out DIR           keep results there, as TAP, KTAP, JUnit XML, JSON, and an HTML page
                      (tools/results/README); default: a new directory in build/results
  --matrix            run nothing: print the conformance matrix of the RESULTs, directories
                      that earlier runs kept, and make it a page; default: build/matrix.html
  --help              print this, and exit

Exit status: 0 passed; 1 something failed; 2 usage or set-up; 3 nothing failed, but
something that a case needs is lacking in the in-process KVM; 4 nothing could be run.

Environment: KDIR; BUILD to build elsewhere than in build/; LLVM and CC, the compiler of
the kernel under test as on kbuild's command line.
END
}

die()
{
	echo "run_tests.sh: $*" >&2
	exit 2
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

root=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
install='' platform='' engine='' list='' sanitize='' strict='' jobs='' timeout=45 out='' known='' matrix=''
kdir=${KDIR:-} kdir_from=KDIR
patches=() tests=()

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
	--platform|--kdir|--patch|--engine|-j|--timeout|--out|--known-issues)
		[ $# -ge 2 ] || die "$option needs a value"
		value=$2
		shift ;;
	esac
	shift
	case $option in
	--help|-h)	usage; exit 0 ;;
	--setup)	install=--install ;;
	--list)		list=--list ;;
	--matrix)	matrix=1 ;;
	--sanitize)	sanitize=--sanitize ;;
	--strict)	strict=--strict ;;
	--platform)	platform=$value ;;
	--engine)	engine=$value ;;
	--kdir)		kdir=$value kdir_from=--kdir ;;
	--patch)	value=$(file --patch "$value"); patches+=(--patch "$value") ;;
	--out)		[ -n "$value" ] || die "--out needs a directory"
			out=$(readlink -m -- "$value") ;;
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
''|hw|src|ref|all) ;;
*)	die "--platform: '$platform' is not hw, src, ref or all" ;;
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
if [ -n "$kdir" ] && [[ $kdir != debian:* ]]; then
	kdir=$(directory "$kdir_from" "$kdir")
	[ -f "$kdir/arch/x86/kvm/svm/sev.c" ] && [ -f "$kdir/Makefile" ] ||
		die "$kdir_from: '$kdir' is no kernel tree (no arch/x86/kvm/svm/sev.c)"
fi
if [ "$platform" = hw ] || [ "$platform" = ref ]; then
	[ ${#patches[@]} = 0 ] || die "--patch: platform $platform has no tree to patch"
	[ -z "$sanitize" ] || die "--sanitize: platform $platform builds no kernel"
fi
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
	exit 2
done
jobs=${jobs:-$(nproc)}

# ---- set-up ----

purposes=(build)
case $platform in
''|all|src)	purposes+=(src) ;;
esac
if [ "$platform" != hw ]; then
	if [ -n "$install" ] || [ "$engine" = unicorn ] ||
	   { [ -z "$engine" ] && ! { [ -r /dev/kvm ] && [ -w /dev/kvm ]; }; }; then
		purposes+=(unicorn)
	fi
fi
"$root/tools/setup.sh" $install "${purposes[@]}" || exit 2

if [ -n "$install" ]; then
	# What else runs by default does not need it: to go without is better than not to go.
	"$root/tools/tree.sh" --out "$BUILD" debian:newest > /dev/null || :
fi
if [[ $kdir == debian:* ]] && [ -z "$list" ] && [[ ${platform:-all} =~ ^(all|src)$ ]]; then
	kdir=$("$root/tools/tree.sh" --out "$BUILD" "$kdir") || exit 2
fi
# What is built is said on stderr: stdout is for results.
target=all
if [ -n "$list" ] || [ "$platform" = hw ]; then
	target=tests
fi
"$root/tools/build.sh" $target >&2 || exit 2

# ---- run ----

results=
if [ -z "$out" ] && [ -z "$list" ]; then
	if [ -w "$BUILD" ]; then
		mkdir -p "$BUILD/results"
		# Two runs may start within a second.
		out=$(mktemp -d "$BUILD/results/$(date +%Y%m%d-%H%M%S)-XXXX") || exit 2
		chmod 755 "$out"
		ln -sfn "$(basename "$out")" "$BUILD/results/latest"
		results=$BUILD/results
	else
		out=$(mktemp -d "${TMPDIR:-/tmp}/coco-results-XXXXXX") || exit 2
	fi
fi

status=0
"$root/tools/run.pl" --root "$root" --build "$BUILD" --timeout "$timeout" --jobs "$jobs" \
	$list $sanitize $strict ${out:+--out "$out"} \
	${platform:+--platform "$platform"} ${engine:+--engine "$engine"} \
	${kdir:+--kdir "$kdir"} ${known:+--known-issues "$known"} \
	${patches[@]+"${patches[@]}"} -- ${tests[@]+"${tests[@]}"} || status=$?

# The last twenty runs are enough.
if [ -n "$results" ]; then
	ls -1d "$results"/2*-*/ | head -n -20 | while read -r old; do
		rm -rf "$old"
	done
fi
exit $status
