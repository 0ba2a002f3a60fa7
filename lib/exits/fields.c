// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fields of an exit in words.
 */
#include <linux/kvm.h>
#include <stdio.h>

#include "exits/cert.h"
#include "exits/fields.h"
#include "tdx_ghci.h"
#include "tdx_uapi.h"

struct field {
	const char *name;
	struct exit_field at;
	bool answer;			/* the VMM answers in it */
};

struct exit {
	uint32_t reason;
	unsigned long vm_type;		/* of these VMs only; 0: of any */
	uint64_t nr;			/* KVM_EXIT_TDX's, of this leaf only; 0: of any */
	const char *name;		/* NULL: its number is enough */
	struct field fields[9];		/* ended by name NULL */
};

#define FIELD(name_, offset_, width_)	\
	{ .name = name_, .at = { offset_, width_ } }
#define ANSWER(name_, offset_, width_)	\
	{ .name = name_, .at = { offset_, width_ }, .answer = true }

static const struct exit exits[] = {
	{ KVM_EXIT_IO, 0, 0, NULL, {
		FIELD("direction", 0, 1), FIELD("size", 1, 1), FIELD("port", 2, 2),
		FIELD("count", 4, 4) } },
	{ KVM_EXIT_HYPERCALL, 0, 0, NULL, {
		FIELD("nr", 0, 8), FIELD("args[0]", 8, 8), FIELD("args[1]", 16, 8),
		FIELD("args[2]", 24, 8), FIELD("flags", 64, 8), ANSWER("ret", 56, 8) } },
	{ KVM_EXIT_MMIO, 0, 0, NULL, {
		FIELD("phys_addr", 0, 8), FIELD("len", 16, 4), FIELD("is_write", 20, 1) } },
	{ KVM_EXIT_FAIL_ENTRY, 0, 0, NULL, { FIELD("hardware_entry_failure_reason", 0, 8) } },
	{ KVM_EXIT_INTERNAL_ERROR, 0, 0, NULL, { FIELD("suberror", 0, 4) } },
	{ KVM_EXIT_SYSTEM_EVENT, 0, 0, NULL, {
		FIELD("type", 0, 4), FIELD("ndata", 4, 4), FIELD("data[0]", 8, 8) } },
	{ TDX_EXIT_REASON_MEMORY_FAULT, 0, 0, NULL, {
		FIELD("flags", 0, 8), FIELD("gpa", 8, 8), FIELD("size", 16, 8) } },
	{ TDX_EXIT_REASON, TDX_VM_TYPE, GHCI_GET_TD_VM_CALL_INFO, "KVM_EXIT_TDX", {
		FIELD("flags", 0, 8), FIELD("nr", 8, 8), FIELD("leaf", 24, 8),
		ANSWER("r11", 32, 8), ANSWER("r12", 40, 8), ANSWER("r13", 48, 8),
		ANSWER("r14", 56, 8), ANSWER("ret", 16, 8) } },
	{ TDX_EXIT_REASON, TDX_VM_TYPE, GHCI_GET_QUOTE, "KVM_EXIT_TDX", {
		FIELD("flags", 0, 8), FIELD("nr", 8, 8), FIELD("gpa", 24, 8),
		FIELD("size", 32, 8), ANSWER("ret", 16, 8) } },
	{ TDX_EXIT_REASON, TDX_VM_TYPE, GHCI_SETUP_EVENT_NOTIFY, "KVM_EXIT_TDX", {
		FIELD("flags", 0, 8), FIELD("nr", 8, 8), FIELD("vector", 24, 8),
		ANSWER("ret", 16, 8) } },
	{ TDX_EXIT_REASON, TDX_VM_TYPE, 0, "KVM_EXIT_TDX", {
		FIELD("flags", 0, 8), FIELD("nr", 8, 8), ANSWER("data[0]", 24, 8),
		ANSWER("data[1]", 32, 8), ANSWER("data[2]", 40, 8), ANSWER("data[3]", 48, 8),
		ANSWER("data[4]", 56, 8), ANSWER("ret", 16, 8) } },
	{}
};

/* With @exit NULL any that has the name. */
static const struct exit *find(unsigned long vm_type, uint32_t reason,
			       const struct exit_union *exit)
{
	const struct exit_field tdx_nr = { offsetof(struct tdx_exit, nr), sizeof(uint64_t) };
	const uint64_t nr = exit ? exit_union_get(exit, tdx_nr) : 0;
	const struct exit *e;

	for (e = exits; e->reason; e++)
		if (e->reason == reason && (!e->vm_type || e->vm_type == vm_type) &&
		    (!exit || !e->nr || e->nr == nr))
			return e;
	return NULL;
}

/* The revision with that name, if @reason is its exit. */
static const struct cert_revision *cert_revision(const char *name, uint32_t reason)
{
	const struct cert_revision *rev = cert_revision_named(name);

	return rev && rev->exit_reason == reason ? rev : NULL;
}

const char *exit_reason_name(uint32_t reason)
{
	switch (reason) {
	case KVM_EXIT_MEMORY_FAULT:
		return "KVM_EXIT_MEMORY_FAULT";
	case 40:
		return "KVM_EXIT_COCO, _SNP_REQ_CERTS or _TDX";
	case 43:
		return "KVM_EXIT_SNP_REQ_CERTS";
	}
	return NULL;
}

const char *exit_name(unsigned long vm_type, const char *revision, uint32_t reason)
{
	const struct cert_revision *rev = cert_revision(revision, reason);
	const struct exit *e = find(vm_type, reason, NULL);

	if (rev && vm_type != TDX_VM_TYPE)
		return rev->exit_name;
	return e ? e->name : NULL;
}

static void print(char *text, size_t size, const struct field *f, const struct exit_union *exit,
		  bool answer)
{
	size_t len = 0;

	for (; f->name && len < size; f++) {
		if (!f->at.width || (answer && !f->answer))
			continue;
		len += snprintf(text + len, size - len, "%s%s 0x%lx", len ? ", " : "", f->name,
				exit_union_get(exit, f->at));
	}
}

void exit_fields(char *text, size_t size, unsigned long vm_type, const char *revision,
		 uint32_t reason, const struct exit_union *exit, bool answer)
{
	const struct cert_revision *rev = cert_revision(revision, reason);
	const struct exit *e = find(vm_type, reason, exit);

	if (rev) {
		const struct field fields[] = {
			{ "nr", rev->nr, false },
			{ rev->addr_shift ? "gfn" : "gpa", rev->addr, false },
			{ "npages", rev->npages, true },
			{ "ret", rev->ret, true },
			{}
		};

		print(text, size, fields, exit, answer);
	} else if (e) {
		print(text, size, e->fields, exit, answer);
	}
}
