#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make races: what it refuses, that it searches, leaves out what was clean, and says where a
# budget ended it; and a schedule that is replayed.  wrong_newest.sh has kernels in which
# something is to be found (order_*.patch).
. "$(dirname "$0")/lib.sh"

export BUILD KDIR=$BUILD/linux-source-6.12
races=$ROOT/tools/races.sh
case=snp_pairs_test:pair.finished_slot.any_order

ok "switches_word" expect 2 "--switches: 'x' is not a number from 1 to 6" "$races" --switches x
ok "switches_none" expect 2 "--switches: '0' is not a number" "$races" --switches 0
ok "switches_many" expect 2 "--switches: '7' is not a number" "$races" --switches 7
ok "schedules_missing" expect 2 "--schedules: '' is not a number" "$races" --schedules
ok "patch_missing" expect 2 "--patch: cannot read '$TMP/none'" "$races" --patch "$TMP/none"
ok "case_unknown" expect 2 "unknown test 'no_such_test'" "$races" no_such_test:x
ok "budget" expect 0 " pairs not to their end" "$races" --again --schedules 8 $case
ok "triples" expect 0 " pairs not to their end" "$races" --again --triples --schedules 2 $case
ok "same" expect 0 "clean" "$races" --again --same 2 --schedules 4 $case
ok "same_number" expect 2 "--same: '0' is not a number from 1 to 1000" "$races" --same 0
ok "coverage" expect 0 "pairs, in the states" "$races" --coverage $case
ok "goes_on" expect 0 "clean but for ORDER-SEV-DEAD-VCPU" "$races" --again \
	sev_guest_pairs_test:pair.mmio.any_order
ok "no_tds" expect 0 "skipped: the tree has no arch/x86/kvm/vmx/tdx.c" "$races" --schedules 8 \
	tdx_pairs_test:pair.finalized_nmi.any_order
ok "clean_once" expect 0 "0 schedules in" "$races" --schedules 8 $case

image=$("$ROOT/tools/image.sh" --out "$BUILD" --kdir "$KDIR" | sed -n 's/^IMAGE=//p')
# replay COCO_SCHEDULE: of one pair
replay()
{
	env COCO_PLATFORM=src COCO_ENGINE=unicorn COCO_VENDOR=amd COCO_IMAGE="$image" \
		COCO_PAIR=PUNCH_HOLE COCO_SCHEDULE="$1" \
		LD_PRELOAD="$BUILD/inproc/libinproc-src.so" COCO_TIMEOUT=20 \
		"$BUILD/x86_64/snp_pairs_test" -r pair.finished_slot.any_order
}
ok "replay" expect 0 '# COCO_SCHEDULE="0:0 3:1": KVM_SET_USER_MEMORY_REGION2' replay "0:0 3:1"
ok "replay_not_there" expect 0 "cannot be made on this kernel" replay "0:0 60000:1"
ok "replay_to_itself" expect 0 "cannot be made on this kernel" replay "0:0 3:0"
for wrong in x 0:2 1:0 "0:0 3" "0:0,3:1"; do
	ok "schedule_wrong '$wrong'" expect 1 "COCO_SCHEDULE: '$wrong' is no schedule of 2 threads" \
		replay "$wrong"
done
finish
