#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Check that what the suite needs is installed; with --install, install it.
#
#	tools/setup.sh [--install] [build] [src] [unicorn]
#
# build: to build tests and libkvm; src: to build a kernel image; unicorn: for that
# engine.  Without --install nothing is ever installed, not even as root.  Status 0,
# or 2 with a message that names what is missing and the command that installs it.
set -eu

# For what, package, and a command or file that shows it is there: looked for
# instead of the package, so that other distributions pass, too.
needs='
build	gcc			gcc
build	libc6-dev		/usr/include/stdio.h
build	make			make
build	perl			/usr/share/perl*/TAP/Harness.pm /usr/share/perl*/*/TAP/Harness.pm
build	util-linux		flock
build	xz-utils		xz
build	libssl-dev		/usr/include/openssl/sha.h
build	linux-source-6.12	/usr/src/linux-source-6.12.tar.xz
src	patch			patch
src	binutils		ld
src	flex			flex
src	bison			bison
src	bc			bc
src	libelf-dev		/usr/include/libelf.h
src	libssl-dev		/usr/include/openssl/opensslv.h
unicorn	pkg-config		pkg-config
unicorn	libunicorn-dev		/usr/include/unicorn/unicorn.h
'

install=
purposes=
for arg; do
	case $arg in
	--install)		install=1 ;;
	build|src|unicorn)	purposes="$purposes $arg" ;;
	*)			echo "setup.sh: unknown argument '$arg'" >&2; exit 2 ;;
	esac
done

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

missing_packages()
{
	local purpose package probes
	while read -r purpose package probes; do
		[ -n "$purpose" ] || continue
		case " $purposes " in
		*" $purpose "*)
			# Unquoted: the patterns are meant to be expanded.
			there $probes || printf ' %s' "$package" ;;
		esac
	done <<< "$needs"
}

missing=$(missing_packages)
[ -n "$missing" ] || exit 0

command="apt-get install -y --no-install-recommends$missing"
if [ -z "$install" ]; then
	echo "setup.sh: missing:$missing" >&2
	echo "setup.sh: install with: $command   (or let --setup, or make SETUP=1, do it)" >&2
	exit 2
fi
if [ "$(id -u)" != 0 ]; then
	echo "setup.sh: missing:$missing" >&2
	echo "setup.sh: only root can install it; run as root: $command" >&2
	exit 2
fi
if ! command -v apt-get > /dev/null; then
	echo "setup.sh: missing:$missing" >&2
	echo "setup.sh: there is no apt-get: install what corresponds to these packages" >&2
	exit 2
fi

export DEBIAN_FRONTEND=noninteractive
echo "installing:$missing" >&2
# The package lists of a fresh machine are missing or old: then the first try fails.
# Unquoted on purpose: one word a package.
if ! $command > /dev/null 2>&1 < /dev/null; then
	apt-get update < /dev/null >&2
	$command < /dev/null >&2 || {
		echo "setup.sh: failed: $command" >&2
		exit 2
	}
fi
missing=$(missing_packages)
if [ -n "$missing" ]; then
	echo "setup.sh: still missing after the installation:$missing" >&2
	exit 2
fi
