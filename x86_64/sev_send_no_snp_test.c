// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests of SEV that are sent and received on a machine without SNP, where firmware may write to
 * any page: with SNP no kernel so far receives one.
 */
#define SEND_MAIN	COCO_MAIN_ON("-sev_snp", es_vm_missing)

#include "sev_send_test.c"
