// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which revision of the TDX exits does the KVM under test speak?
 */
#include <stdlib.h>

#include "kvm_util.h"

#include "tdx/tdvmcall_vm.h"
#include "tdx/tdx_probe.h"

static const struct tdx_revision *found;

/* Does KVM say that it has exits as in mainline? */
static bool capabilities_say(void)
{
	struct tdx_capabilities *caps = td_vm_new_capabilities();
	struct kvm_vm *vm = td_vm_open();
	bool say;

	say = !td_vm_cmd(vm, TDX_CMD_CAPABILITIES, 0, (uint64_t)caps) &&
	      caps->user_tdvmcallinfo_1_r11;
	free(caps);
	kvm_vm_free(vm);
	return say;
}

static const struct tdx_revision *revision_of_quote(void)
{
	enum tdx_revision_nr nr = TDX_REV_TDX;
	struct ghci_quote_header *header;
	struct tdvmcall_vm v;
	uint32_t reason;

	tdvmcall_vm_create(&v, TD_GPAW_48, 1);
	header = v.buffer.hva;
	*header = (struct ghci_quote_header){
		.version = GHCI_QUOTE_VERSION, .status = GHCI_QUOTE_IN_FLIGHT,
	};
	tdvmcall_prepare(&v, GHCI_GET_QUOTE, v.buffer.gpa | v.td->shared_bit, v.buffer.size, 0, 0);
	reason = __vcpu_run(v.vcpu) ? 0 : v.vcpu->run->exit_reason;
	errno = 0;
	/* V2's number is mainline's, but mainline tells; another is a wrong one of mainline. */
	if (reason == tdx_revisions[TDX_REV_DEDICATED_V1].quote.reason)
		nr = TDX_REV_DEDICATED_V1;
	else if (reason == tdx_revisions[TDX_REV_DEDICATED_V2].quote.reason)
		nr = TDX_REV_DEDICATED_V2;
	else if (header->status != GHCI_QUOTE_IN_FLIGHT)
		nr = TDX_REV_PROPOSED_QUOTES;
	tdvmcall_vm_free(&v);
	return &tdx_revisions[nr];
}

const char *tdx_revision_find(void)
{
	const char *missing = td_vm_missing();

	if (!missing)
		found = capabilities_say() ? &tdx_revisions[TDX_REV_TDX] : revision_of_quote();
	return missing;
}

const struct tdx_revision *tdx_revision(void)
{
	return found;
}
