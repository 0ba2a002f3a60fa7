#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The fixed part of make fuzz, on the newest tree that was fetched: the sequences from which a
# search begins show nothing on the tree as it is, but for known issues, and a mistake of a wrong
# kernel in each of sev.c and tdx.c (wrong_kernels/newest, tdx), both in one image; and where the
# reference model speaks another revision than the tree, the two differ.
. "$(dirname "$0")/lib.sh"

if [ -z "${CHECK_KDIR:-}" ] || [ ! -e "$CHECK_KDIR/arch/x86/kvm/vmx/tdx.c" ]; then
	echo "1..0 # SKIP no kernel tree with a tdx.c was named or fetched: make check KDIR=DIR"
	exit 0
fi
if ! why=$("$ROOT/tools/setup.sh" build src unicorn fuzz 2>&1); then
	echo "1..0 # SKIP $(head -n 1 <<< "$why")"
	exit 0
fi
export BUILD KDIR=$CHECK_KDIR
wrong=$ROOT/tools/check/wrong_kernels

# found OUTPUT KIND REQUIREMENT
found()
{
	grep -q "^$2: FOUND $3: " <<< "$1" && grep -q "^$2:   AMD 56421 GHCB 2.0, \|^$2:   Intel TDX GHCI" <<< "$1" || { printf '%s\n' "$1"; return 1; }
}

ok "the tree as it is" expect 0 "sequences" "$ROOT/tools/fuzz/run.sh" --fixed --out "$TMP/right"
said=$("$ROOT/tools/fuzz/run.sh" --fixed --out "$TMP/wrong" --patch "$wrong/newest/psc_entries_any.patch" \
	--patch "$wrong/tdx/map_align.patch" 2>&1 < /dev/null)
ok "psc_entries_any" found "$said" snp 'SNP-PSC-[A-Z-]*'
ok "map_align" found "$said" tdx 'TDX-MAP-[A-Z-]*'
said=$(COCO_REF_REVISION=tdx "$ROOT/tools/fuzz/run.sh" --fixed --out "$TMP/model" tdx 2>&1 < /dev/null)
ok "a model that has MapGPA's errors otherwise" grep "FOUND FUZZ-REF: KVM: .*; the reference model: " <<< "$said"
finish
