// SPDX-License-Identifier: GPL-2.0-only
/*
 * The GHCB's layout and the MSR protocol's encodings, against numbers written
 * down here a second time, from the specification (AMD 56421, "GHCB Format",
 * "GHCB MSR Protocol").  No KVM needed.
 */
#include <stdint.h>
#include <string.h>

#include "kselftest.h"

#include "guest/ghcb.h"

#define FIELD(name, offset_, size_)	\
	{ #name, offsetof(struct ghcb, name), offset_, sizeof(((struct ghcb *)0)->name), size_ }

static const struct {
	const char *name;
	size_t offset, wanted_offset, size, wanted_size;
} fields[] = {
	FIELD(cpl, 0x0cb, 1),
	FIELD(dr7, 0x160, 8),
	FIELD(rax, 0x1f8, 8),
	FIELD(rcx, 0x308, 8),
	FIELD(rdx, 0x310, 8),
	FIELD(rbx, 0x318, 8),
	FIELD(rsi, 0x330, 8),
	FIELD(sw_exit_code, 0x390, 8),
	FIELD(sw_exit_info_1, 0x398, 8),
	FIELD(sw_exit_info_2, 0x3a0, 8),
	FIELD(sw_scratch, 0x3a8, 8),
	FIELD(xcr0, 0x3e8, 8),
	FIELD(valid_bitmap, 0x3f0, 16),
	FIELD(shared_buffer, 0x800, 2032),
	FIELD(protocol_version, 0xffa, 2),
	FIELD(ghcb_usage, 0xffc, 4),
};

/* Byte and bit in the valid bitmap: bit offset / 8, counted from byte 0, bit 0 */
static const struct {
	const char *name;
	unsigned int bit, byte, in_byte;
} bits[] = {
	{ "cpl", GHCB_VALID_BIT(cpl), 3, 1 },
	{ "dr7", GHCB_VALID_BIT(dr7), 5, 4 },
	{ "rax", GHCB_VALID_BIT(rax), 7, 7 },
	{ "rcx", GHCB_VALID_BIT(rcx), 12, 1 },
	{ "rdx", GHCB_VALID_BIT(rdx), 12, 2 },
	{ "rbx", GHCB_VALID_BIT(rbx), 12, 3 },
	{ "sw_exit_code", GHCB_VALID_BIT(sw_exit_code), 14, 2 },
	{ "sw_exit_info_1", GHCB_VALID_BIT(sw_exit_info_1), 14, 3 },
	{ "sw_exit_info_2", GHCB_VALID_BIT(sw_exit_info_2), 14, 4 },
	{ "sw_scratch", GHCB_VALID_BIT(sw_scratch), 14, 5 },
	{ "rsi", GHCB_VALID_BIT(rsi), 12, 6 },
	{ "xcr0", GHCB_VALID_BIT(xcr0), 15, 5 },
};

static const struct {
	const char *name;
	uint64_t value, wanted;
} values[] = {
	{ "register request", GHCB_MSR(GHCB_MSR_REG_GPA_REQ, 0x12345), 0x12345012 },
	{ "register answer", GHCB_MSR(GHCB_MSR_REG_GPA_RESP, 0xfffffffffull), 0xfffffffff013 },
	{ "all bits of a GFN", GHCB_MSR(0, ~0ull >> 12), 0xfffffffffffff000 },
	{ "info of an answer", GHCB_MSR_INFO(0x12345013), 0x013 },
	{ "data of an answer", GHCB_MSR_DATA(0xfffffffff0000013), 0xfffffffff0000 },
	{ "features request", GHCB_MSR_HV_FEATURES_REQ, 0x080 },
	{ "features answer", GHCB_MSR_HV_FEATURES_RESP, 0x081 },
	{ "SEV info request", GHCB_MSR_SEV_INFO_REQ, 0x002 },
	{ "SEV info answer", GHCB_MSR_SEV_INFO_RESP, 0x001 },
	{ "SEV info, highest version", GHCB_SEV_INFO_MAX(0x0002000133000001), 2 },
	{ "SEV info, lowest version", GHCB_SEV_INFO_MIN(0x0002000133000001), 1 },
	{ "SEV info, C-bit", GHCB_SEV_INFO_CBIT(0x0002000133000001), 0x33 },
	{ "preferred GPA request", GHCB_MSR_PREF_GPA_REQ, 0x010 },
	{ "preferred GPA answer", GHCB_MSR_PREF_GPA_RESP, 0x011 },
	{ "CPUID answer", GHCB_MSR_CPUID_RESP, 0x005 },
	{ "CPUID request, EAX of leaf 0", GHCB_MSR_CPUID(0, 0), 0x004 },
	{ "CPUID request, EDX of leaf 0x8000001f", GHCB_MSR_CPUID(0x8000001f, 3),
	  0x8000001fc0000004 },
	{ "CPUID value of an answer", GHCB_MSR_CPUID_VALUE(0x8765432180000005), 0x87654321 },
	{ "AP reset hold request", GHCB_MSR_AP_HOLD_REQ, 0x006 },
	{ "AP reset hold answer", GHCB_MSR_AP_HOLD_RESP, 0x007 },
	{ "termination, set 0 reason 0", GHCB_MSR_TERM(0, 0), 0x100 },
	{ "termination, set 1 reason 0x42", GHCB_MSR_TERM(1, 0x42), 0x421100 },
	{ "termination, widest", GHCB_MSR_TERM(~0u, ~0u), 0xfff100 },
	{ "MSR", MSR_GHCB, 0xc0010130 },
	{ "NAE IOIO", GHCB_NAE_IOIO, 0x7b },
	{ "NAE guest request", GHCB_NAE_GUEST_REQUEST, 0x80000011 },
	{ "NAE extended guest request", GHCB_NAE_EXT_GUEST_REQUEST, 0x80000012 },
	{ "NAE CPUID", GHCB_NAE_CPUID, 0x72 },
	{ "NAE MSR", GHCB_NAE_MSR, 0x7c },
	{ "NAE MMIO read", GHCB_NAE_MMIO_READ, 0x80000001 },
	{ "NAE MMIO write", GHCB_NAE_MMIO_WRITE, 0x80000002 },
	{ "NAE AP creation", GHCB_NAE_AP_CREATION, 0x80000013 },
	{ "NAE features", GHCB_NAE_HV_FEATURES, 0x8000fffd },
	{ "NAE termination", GHCB_NAE_TERMINATION, 0x8000fffe },
	{ "NAE unsupported event", GHCB_NAE_UNSUPPORTED, 0x8000ffff },
	/* REP OUTSD with 64-bit addresses to port 0x1000, as SVM's EXITINFO1 has it */
	{ "IOIO of a ucall", GHCB_IOIO_PORT(0x1000) | GHCB_IOIO_ADDR_64 | GHCB_IOIO_SIZE_32 |
			     GHCB_IOIO_REP | GHCB_IOIO_STRING, 0x1000024c },
};

static void test_bit(unsigned int i)
{
	uint8_t bitmap[16] = {}, wanted[16] = {};

	wanted[bits[i].byte] = 1u << bits[i].in_byte;
	ghcb_mark_bit(bitmap, bits[i].bit);
	ksft_test_result(!memcmp(bitmap, wanted, sizeof(bitmap)) &&
			 ghcb_bit_is_valid(bitmap, bits[i].bit) &&
			 !ghcb_bit_is_valid(bitmap, bits[i].bit + 1) &&
			 !ghcb_bit_is_valid(bitmap, bits[i].bit - 1),
			 "valid bit of %s\n", bits[i].name);
}

static void test_clear(void)
{
	static const uint8_t nothing[16];
	static struct ghcb ghcb;

	memset(&ghcb, 0xff, sizeof(ghcb));
	ghcb_clear(&ghcb);
	ksft_test_result(!memcmp(ghcb.valid_bitmap, nothing, sizeof(nothing)),
			 "ghcb_clear leaves nothing valid\n");
	ksft_test_result(!ghcb.rax && !ghcb.rbx && !ghcb.rcx && !ghcb.rdx && !ghcb.sw_exit_code &&
			 !ghcb.sw_exit_info_1 && !ghcb.sw_exit_info_2 && !ghcb.sw_scratch,
			 "ghcb_clear leaves inputs of 0\n");
	ksft_test_result(ghcb.protocol_version == 2 && ghcb.ghcb_usage == 0,
			 "ghcb_clear leaves protocol version 2, standard usage\n");

	ghcb_set(&ghcb, sw_exit_code, GHCB_NAE_GUEST_REQUEST);
	ksft_test_result(ghcb.sw_exit_code == 0x80000011 && ghcb_is_valid(&ghcb, sw_exit_code) &&
			 !ghcb_is_valid(&ghcb, sw_exit_info_1),
			 "ghcb_set sets a field and its bit\n");
}

int main(void)
{
	unsigned int i;

	ksft_print_header();
	ksft_set_plan(1 + ARRAY_SIZE(fields) + ARRAY_SIZE(bits) + ARRAY_SIZE(values) + 4);

	ksft_test_result(sizeof(struct ghcb) == 4096, "a GHCB is a page\n");
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (fields[i].offset != fields[i].wanted_offset)
			ksft_print_msg("offset: wanted 0x%zx, got 0x%zx\n",
				       fields[i].wanted_offset, fields[i].offset);
		ksft_test_result(fields[i].offset == fields[i].wanted_offset &&
				 fields[i].size == fields[i].wanted_size,
				 "place of %s\n", fields[i].name);
	}
	for (i = 0; i < ARRAY_SIZE(bits); i++)
		test_bit(i);
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		if (values[i].value != values[i].wanted)
			ksft_print_msg("wanted 0x%lx, got 0x%lx\n", values[i].wanted,
				       values[i].value);
		ksft_test_result(values[i].value == values[i].wanted, "%s\n", values[i].name);
	}
	test_clear();
	ksft_finished();
}
