#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Can make, kbuild and LD_PRELOAD work with these paths?
#
#	tools/path.sh [NAME PATH]...
#
# They take a path with a blank for two, and some characters for syntax: then rules
# would build, and remove, what is not meant.  The first path that will not do is told
# in one line on stdout, with its NAME; status 1.
set -eu
export LC_ALL=C

while [ $# -gt 1 ]; do
	name=$1 path=$2
	shift 2
	case $path in
	*[[:space:][:cntrl:]]*)	what="blanks" ;;
	*[]\"\'\`\\\|\<\>\(\)\{\}\*\?\&\;:\#\$%=[]*)
				what="characters like : ; \$ % # or quotes" ;;
	*)			continue ;;
	esac
	printf "%s: a path with %s will not do: %q\n" "$name" "$what" "$path"
	exit 1
done
