#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Revisions of the certificate exit that no default run has: each is found, and a kernel
# that speaks it passes.  And a number that changes together with the tree's header.
. "$(dirname "$0")/lib.sh"

export BUILD
run=("$ROOT/run_tests.sh" --strict --platform src)
tests=$(cd "$ROOT/x86_64" && printf '%s\n' snp_req_certs_*_test.c | sed 's/\.c$//')

# revision NAME: the suite passes on it, and it is the only one that is not skipped.
revision()
{
	local name=$1 log=$TMP/$1.log status=0
	"${run[@]}" --patch "$ROOT/tools/check/revisions/$name.patch" --out "$TMP/$name" $tests \
		> "$log" 2>&1 < /dev/null || status=$?
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
ok "renumbered" expect 1 "SNP-CERTS-NUMBERS" "${run[@]}" \
	--patch "$ROOT/tools/patches/6.12/certs-v7.patch" \
	--patch "$ROOT/tools/check/revisions/renumbered.patch" --out "$TMP/renumbered" \
	snp_req_certs_exit_test
finish
