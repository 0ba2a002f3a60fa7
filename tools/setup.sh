#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Check that what the suite needs is installed; with --install, install it.
#
#	tools/setup.sh [--install] [build] [src] [unicorn] [check] [mutants] [fuzz] [qualify]
#
# build: to build tests and libkvm; src: to build a kernel image; unicorn: for that
# engine; check: for the suite's own tests; mutants: to make mutants; fuzz: for make fuzz;
# qualify: to qualify machines.  Without --install nothing is ever installed, not even as root.
# Status 0, or 2 with a message that names what is missing and the command that installs it.
#
# It knows the names of packages for apt-get (Debian, Ubuntu) and dnf (Fedora).
set -eu
export LC_ALL=C

# For what; the package of Debian and Ubuntu; Fedora's; and a command or file that shows it
# is there: looked for instead of the package, so that other distributions pass, too.
needs='
build	gcc			gcc			gcc
build	libc6-dev		glibc-devel		/usr/include/stdio.h
build	make			make			make
build	perl			perl			/usr/share/perl*/TAP/Harness.pm /usr/share/perl*/*/TAP/Harness.pm
build	util-linux		util-linux		flock
build	findutils		findutils		find
build	diffutils		diffutils		cmp
build	xz-utils		xz			xz
build	libssl-dev		openssl-devel		/usr/include/openssl/sha.h
build	linux-source-6.12	-			/usr/src/linux-source-6.12.tar.xz
src	patch			patch			patch
src	binutils		binutils		ld
src	flex			flex			flex
src	bison			bison			bison
src	bc			bc			bc
src	libelf-dev		elfutils-libelf-devel	/usr/include/libelf.h
src	libssl-dev		openssl-devel		/usr/include/openssl/opensslv.h
unicorn	pkg-config		pkgconf-pkg-config	pkg-config
unicorn	libunicorn-dev		unicorn-devel		/usr/include/unicorn/unicorn.h
check	git			git			git
qualify	libnuma-dev		numactl-devel		/usr/include/numa.h
mutants	libclang-dev		clang-devel		/usr/include/clang-c/Index.h /usr/lib/llvm-*/include/clang-c/Index.h
fuzz	libclang-rt-dev		compiler-rt		/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer_no_main-x86_64.a /usr/lib/clang/*/lib/*linux*/libclang_rt.fuzzer_no_main*.a
fuzz	g++			gcc-c++			g++
'

install=
purposes=
for arg; do
	case $arg in
	--install)		install=1 ;;
	build|src|unicorn|check|mutants|fuzz|qualify) purposes="$purposes $arg" ;;
	*)			echo "setup.sh: unknown argument '$arg'" >&2; exit 2 ;;
	esac
done

if command -v apt-get > /dev/null; then
	manager=apt-get command="apt-get install -y --no-install-recommends"
elif command -v dnf > /dev/null; then
	manager=dnf command="dnf install -y --setopt=install_weak_deps=False"
else
	manager='' command=
fi
# For the suite's own tests.
os_release=${COCO_OS_RELEASE:-/etc/os-release}

there()
{
	local probe
	for probe; do
		case $probe in
		/*)	[ -e "$probe" ] && return 0 ;;
		*)	command -v "$probe" > /dev/null && return 0 ;;
		esac
	done
	return 1
}

# Any kernel tree that is named takes the place of Debian's, for good.
has_libkvm()
{
	[ -n "${LIBKVM-}" ] || [ -e "${BUILD:-$(dirname "$0")/../build}/linux-source-6.12.stamp" ]
}

missing_packages()
{
	local purpose deb rpm probes
	while read -r purpose deb rpm probes; do
		[ -n "$purpose" ] || continue
		case " $purposes " in
		*" $purpose "*)
			# Unquoted: the patterns are meant to be expanded.
			! there $probes || continue
			[ "$deb" != linux-source-6.12 ] || ! has_libkvm || continue
			[ "$manager" = dnf ] || rpm=$deb
			[ "$rpm" != - ] || rpm=$deb
			printf ' %s' "$rpm" ;;
		esac
	done <<< "$needs" | tr ' ' '\n' | awk 'NF && !seen[$0]++ { printf " %s", $0 }'
}

# Debian alone has a package of the kernel's source that will do.
no_libkvm()
{
	[[ $missing == *linux-source-6.12* ]] &&
		{ [ "$manager" != apt-get ] || grep -qs '^ID=.*ubuntu' "$os_release"; }
}

missing=$(missing_packages)
[ -n "$missing" ] || exit 0

if no_libkvm; then
	missing=${missing/ linux-source-6.12/}
	echo "setup.sh: Debian's linux-source-6.12 is not packaged here: LIBKVM=PATH has to name" \
		"a kernel tree, tarball or repository of about 6.12, for its selftests' library" >&2
	[ -n "$missing" ] || exit 2
	# What can be installed is, so that this is said once.
	incomplete=1
fi
if [ -z "$manager" ]; then
	echo "setup.sh: missing:$missing" >&2
	echo "setup.sh: there is neither apt-get nor dnf: install what corresponds to these" \
		"packages of Debian's" >&2
	exit 2
fi
command=$command$missing
if [ -z "$install" ]; then
	echo "setup.sh: missing:$missing" >&2
	echo "setup.sh: install with: $command   (or let --setup, or make SETUP=1, do it)" >&2
	exit 2
fi
if [ "$(id -u)" != 0 ]; then
	echo "setup.sh: missing:$missing" >&2
	echo "setup.sh: only root can install it; run as root: $command   (or --setup-only)" >&2
	exit 2
fi

export DEBIAN_FRONTEND=noninteractive
echo "installing:$missing" >&2
# The package lists of a fresh machine are missing or old: then the first try fails.
# Unquoted on purpose: one word a package.
if ! $command > /dev/null 2>&1 < /dev/null; then
	[ $manager != apt-get ] || apt-get update < /dev/null >&2
	$command < /dev/null >&2 || {
		echo "setup.sh: failed: $command" >&2
		exit 2
	}
fi
[ -z "${incomplete-}" ] || exit 2
missing=$(missing_packages)
if [ -n "$missing" ]; then
	echo "setup.sh: still missing after the installation:$missing" >&2
	exit 2
fi
