#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Revisions of the certificate exit that no default run has: each is found, and a kernel
# that speaks it passes.  And a number that changes together with the tree's header.
# Of these kernels only what the patches touch is compiled (wrong_kernels/image.sh).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wrong.sh"

dir=$ROOT/tools/check/revisions
kdir=$BUILD/linux-source-6.12
kept=$BUILD/image/revisions
hold "$kept"
keep "$kept/stock" "$kdir"
quick_images
tests=$(cd "$ROOT/x86_64" && printf '%s\n' snp_req_certs_*_test.c | sed 's/\.c$//')

# run NAME TESTS PATCH...
run()
{
	local name=$1 tests=$2 patch
	local -a options=()
	shift 2
	for patch; do
		options+=(--patch "$patch")
	done
	WRONG_KERNEL=$kept/stock WRONG_BASE= WRONG_WORK=$TMP/$name.image \
		"$ROOT/tools/run.pl" --summary-only --strict --root "$TMP/root" --build "$BUILD" --platform src \
		--engine unicorn --kdir "$kdir" --out "$TMP/$name" "${options[@]}" -- $tests \
		2>&1 < /dev/null 8>&-
}

# revision NAME: the suite passes on it, and it is the only one that is not skipped.
revision()
{
	local name=$1 log=$TMP/$1.log status=0 other said

	run "$name" "$tests" "$dir/$name.patch" > "$log" || status=$?
	if [ $status != 0 ]; then
		echo "status $status; it said:"
		tail -n 20 "$log"
		return 1
	fi
	for other in coco-v1 coco-v2 certs-v3 certs-v6 certs-v7; do
		said=yes
		grep -qF "does not speak $other:" "$log" || said=no
		[ $said = no ] && [ $other != "$name" ] && echo "$other is found, too" && return 1
		[ $said = yes ] && [ $other = "$name" ] && echo "it is not found" && return 1
	done
	return 0
}

ok "certs-v3" revision certs-v3
ok "certs-v6" revision certs-v6
ok "renumbered" expect 1 "SNP-CERTS-NUMBERS" run renumbered snp_req_certs_exit_test \
	"$ROOT/tools/patches/6.12/certs-v7.patch" "$dir/renumbered.patch"
finish
