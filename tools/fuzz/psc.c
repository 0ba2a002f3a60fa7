// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page state change as AMD 56421 GHCB 2.0, "SNP Page State Change", has it, beside the one that
 * the kernel under test makes: which ranges a VMM can be told of, and what the guest gets.
 * Ranges of neighbouring entries may be one or several.
 */
#include <errno.h>
#include <string.h>

#include <linux/kvm_para.h>

#include "fuzz.h"
#include "guest/psc.h"

#define GFN(entry)	(((entry) >> 12) & 0xffffffffffull)

static struct psc_buffer model;
static unsigned int at, told;		/* the first entry that is not done, and those of an exit */
static uint64_t wanted;			/* SW_EXITINFO2, if it is over */
static bool is_over, active;

static void end(uint64_t info_2)
{
	is_over = true;
	wanted = info_2;
}

static bool is_change(uint64_t entry)
{
	return PSC_ENTRY_OP(entry) == PSC_OP_PRIVATE || PSC_ENTRY_OP(entry) == PSC_OP_SHARED;
}

static void finish(unsigned int nr)
{
	while (nr--) {
		uint64_t *entry = &model.entries[at++];

		*entry = (*entry & ~0xfffull) | PSC_ENTRY_PAGES(*entry);
	}
}

/* Over what needs no VMM: to the next range that it is told of, or the end. */
static void go_on(void)
{
	for (; at <= model.end_entry; ) {
		const uint64_t entry = model.entries[at];
		const unsigned int pages = PSC_ENTRY_PAGES(entry);

		if (PSC_ENTRY_CUR_PAGE(entry) > pages || GFN(entry) % pages) {
			end(PSC_ANSWER_BAD_ENTRY);
			return;
		}
		if (is_change(entry) && PSC_ENTRY_CUR_PAGE(entry) < pages)
			return;
		finish(1);
	}
	end(PSC_ANSWER_DONE);
}

void psc_begin(const struct psc_buffer *buffer, unsigned int bytes)
{
	const unsigned int room = (bytes - 8) / 8;

	active = true;
	is_over = false;
	told = 0;
	memset(&model, 0, sizeof(model));
	memcpy(&model, buffer, bytes < sizeof(model) ? bytes : sizeof(model));
	at = model.cur_entry;
	if (model.end_entry >= room)
		end(PSC_ANSWER_BAD_HDR);
	else
		go_on();
}

void psc_exit(uint64_t gpa, uint64_t npages, uint64_t attributes)
{
	const uint64_t first = model.entries[at];
	const uint64_t size = attributes & 0xf;
	uint64_t gfn = gpa >> 12, end = gfn + npages;
	unsigned int i;

	if (!active)
		return;
	if (is_over) {
		fuzz_fail(REQ_PSC_EXIT, "an exit for GPA 0x%lx where none is left", gpa);
		return;
	}
	if (gfn != GFN(first) + PSC_ENTRY_CUR_PAGE(first)) {
		fuzz_fail(REQ_PSC_EXIT, "GPA 0x%lx, but entry %u is 0x%lx", gpa, at, first);
		return;
	}
	if (!(attributes & KVM_MAP_GPA_RANGE_ENCRYPTED) != (PSC_ENTRY_OP(first) != PSC_OP_PRIVATE) ||
	    attributes & ~0x1full)
		fuzz_fail(REQ_PSC_EXIT, "attributes 0x%lx for entry 0x%lx", attributes, first);
	if (size != (PSC_ENTRY_CUR_PAGE(first) ? 0 : first >> 56 & 1))
		fuzz_fail(PSC_ENTRY_CUR_PAGE(first) ? REQ_PSC_PARTIAL_SIZE : REQ_PSC_EXIT,
			  "page size %lu for entry 0x%lx", size, first);
	for (i = at; gfn < end && i <= model.end_entry; i++) {
		const uint64_t entry = model.entries[i];
		const unsigned int done = PSC_ENTRY_CUR_PAGE(entry);

		if (PSC_ENTRY_OP(entry) != PSC_ENTRY_OP(first) || gfn != GFN(entry) + done)
			break;
		gfn += PSC_ENTRY_PAGES(entry) - done;
	}
	told = i - at;
	if (gfn == end)
		return;
	fuzz_fail(PSC_ENTRY_CUR_PAGE(first) ? REQ_PSC_PARTIAL_MERGE :
		  end > 1ull << 40 ? REQ_PSC_NO_MERGE_WRAP : REQ_PSC_EXIT,
		  "GFN 0x%lx and %lu pages, of which entries from %u (0x%lx) name those before 0x%lx",
		  gpa >> 12, npages, at, first, gfn);
	active = false;
}

void psc_answer(uint64_t ret)
{
	if (!active || is_over)
		return;
	if (ret) {
		/* Else KVM_RUN fails, and what then becomes of it nobody says. */
		active = ret == EINVAL || ret == EAGAIN;
		end(PSC_ANSWER_GENERIC);
		return;
	}
	finish(told);
	go_on();
}

void psc_end(const struct psc_buffer *buffer, uint64_t info_2)
{
	if (!active)
		return;
	active = false;
	if (!is_over)
		fuzz_fail(REQ_PSC_DONE, "SW_EXITINFO2 0x%lx, but entry %u (0x%lx) is not done",
			  info_2, at, model.entries[at]);
	else if (info_2 != wanted)
		fuzz_fail(wanted == PSC_ANSWER_GENERIC ? REQ_PSC_REFUSED :
			  wanted == PSC_ANSWER_BAD_HDR ? REQ_PSC_BAD_HDR :
			  wanted ? REQ_PSC_BAD_GFN : REQ_PSC_DONE,
			  "SW_EXITINFO2: wanted 0x%lx, got 0x%lx",
			  wanted, info_2);
	else if (wanted != PSC_ANSWER_BAD_HDR && buffer->cur_entry != at &&
		 model.cur_entry <= model.end_entry)
		fuzz_fail(REQ_PSC_CUR_ENTRY, "cur_entry: wanted %u, got %u", at,
			  buffer->cur_entry);
	for (unsigned int i = 0; i <= model.end_entry && i < PSC_MAX_ENTRIES &&
	     wanted != PSC_ANSWER_BAD_HDR; i++)
		if (buffer->entries[i] != model.entries[i] && is_change(model.entries[i]))
			fuzz_fail(REQ_PSC_CUR_PAGE, "entry %u: wanted 0x%lx, got 0x%lx", i,
				  model.entries[i], buffer->entries[i]);
}
