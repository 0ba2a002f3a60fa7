#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Install the suite where kernel selftests are installed, with the KVM of the tree that KDIR names
# (a directory or debian:VERSION), or of the newest that was fetched, or linux-source-6.12.
#
#	BUILD=DIR [KDIR=TREE] tools/kselftest/install.sh [--out DIR] INSTALL_PATH
#
# INSTALL_PATH/kvm-coco is made anew, and listed in INSTALL_PATH/kselftest-list.txt.  The kernel's
# run_kselftest.sh is put there, too, where it is not yet.
set -eu -o pipefail
export LC_ALL=C

out=
if [ "$1" = --out ]; then
	out=$2
	shift 2
fi
[ -n "${1-}" ] || { echo "INSTALL_PATH has to name a directory" >&2; exit 2; }
path=$(readlink -m -- "$1")
[ -z "${KDIR-}" ] || [[ $KDIR == debian:* ]] || KDIR=$(readlink -f -- "$KDIR")
cd "$(dirname "$0")/../.."
case ${KDIR:-newest} in
newest)		tree=$(tools/tree.sh --out "$BUILD" --fetched debian:newest 2> /dev/null) ||
			tree=$(tools/tree.sh --out "$BUILD") ;;
debian:*)	tree=$(tools/tree.sh --out "$BUILD" "$KDIR") ;;
*)		tree=$KDIR ;;
esac
: "${out:=$BUILD/kselftest/$(sha256sum <<< "$tree" | cut -c1-12)}"
tools/kselftest/stage.sh "$out" "$tree"

mkdir -p "$path/kselftest"
rm -rf "$path/kvm-coco"
cp -pr "$out/kselftest" "$path/kvm-coco"
cp -p settings config "$path/kvm-coco/"
selftests=$tree/tools/testing/selftests
if [ ! -e "$path/run_kselftest.sh" ] && [ -e "$selftests/run_kselftest.sh" ]; then
	install -m 755 "$selftests/run_kselftest.sh" "$path/"
	install -m 755 "$selftests"/kselftest/*.{sh,pl} "$path/kselftest/"
fi
touch "$path/kselftest-list.txt"
{
	grep -v '^kvm-coco:' "$path/kselftest-list.txt" || :
	(cd "$path/kvm-coco" && printf 'kvm-coco:%s\n' *_test in_process.sh)
} > "$path/kselftest-list.txt.new"
mv "$path/kselftest-list.txt.new" "$path/kselftest-list.txt"
echo "$path/kvm-coco: to be run by run_kselftest.sh -c kvm-coco"
