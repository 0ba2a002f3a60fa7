#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# --platform src-as-hw: tests that know no more than they would on hardware pass, as they do with
# the observer; what no case checks then is what tools/hardware-unseen says.
. "$(dirname "$0")/lib.sh"

export BUILD
list=$ROOT/tools/hardware-unseen
# Some of each subject that is in the list, and the two that ask the most of the platform.
tests="snp_guest_request_test snp_launch_digest_test snp_launch_vmsa_test snp_mem_slots_test
	sev_debug_test snp_psc_view_test"
tree=(--kdir "$BUILD/linux-source-6.12" --patch "$ROOT/tools/patches/6.12/coco-v1.patch")
if [ -n "${CHECK_KDIR:-}" ]; then
	tree=(--kdir "$CHECK_KDIR")
	tests+=" snp_attestation_test tdx_measure_test tdx_get_quote_test tdx_mem_end_test"
fi

passes()
{
	expect 0 ", 0 failed" "$ROOT/run_tests.sh" --platform src-as-hw --engine unicorn "${tree[@]}" \
		--out "$TMP/out" $tests || return
	grep -h '  not checked by any case: ' "$TMP/out/summary" | sed 's/^[^:]*: //; s/ (listed by [0-9]*)//g' |
		tr -s ', ' '\n' | sort > "$TMP/unchecked"
	test -s "$TMP/unchecked"
}

# What the list has of the requirements of these tests.  TDX-QUOTE-ALIGN is of kernels that leave
# the check of a buffer to KVM, or of those that do not.
declared()
{
	for test in $tests; do
		"$BUILD/x86_64/$test" --list
	done | awk -F '\t' 'NF == 3 { print $2 }' | tr ',' '\n' | sort -u > "$TMP/listed"
	sed -n 's/^\([A-Z][^|]*\) |.*/\1/p' "$list" | tr ' ' '\n' | sort | comm -12 - "$TMP/listed"
}

# Known to be failed by a tree it may be checked by nobody else.
same()
{
	declared | diff - <(grep -vx TDX-QUOTE-ALIGN "$TMP/unchecked")
}

known_ids()
{
	local id

	for id in $(sed -n 's/^\([A-Z][^|]*\) |.*/\1/p' "$list"); do
		grep -rqF "\"$id\"" "$ROOT/include/requirements" || { echo "$id is none"; return 1; }
	done
}

# A requirement that the list marks is marked for the reader.
marked()
{
	"$ROOT/run_tests.sh" --list --platform src-as-hw snp_guest_request_test > "$TMP/list" &&
		grep -q ' SNP-REQ-BYTES\*' "$TMP/list" && grep -q '^\* cannot be checked there' "$TMP/list" &&
		! grep -q '\*' <("$ROOT/run_tests.sh" --list snp_guest_request_test)
}

ok "as on hardware" passes
ok "what no case has checked is what the list says" same
ok "each id of the list is a requirement's" known_ids
ok "the list marks them" marked
finish
