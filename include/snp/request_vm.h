/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An SNP VM whose vCPUs make the GHCB requests that the host asks for: the
 * ground that the tests of guest requests stand on.
 */
#ifndef REQUEST_VM_H
#define REQUEST_VM_H

#include "guest/guest_request.h"
#include "snp/ghcb_names.h"
#include "snp/snp_vm.h"

/* What pages hold that nobody should have written. */
#define POISON_RESPONSE	0xa5
#define POISON_DATA	0x5a

#define REQUEST_PAGE	4096
#define MAX_DATA_PAGES	4

struct request_cpu {
	struct kvm_vcpu *vcpu;
	struct guest_request *req;		/* in the mailbox, the host's view */
	struct shared_mem mailbox;
	struct shared_mem request, response;	/* a page each */
	struct shared_mem data;			/* MAX_DATA_PAGES, what RAX points to */
	struct shared_mem seen;			/* response, then data, as the guest read them */
	struct shared_mem ghcb_before, ghcb_after;	/* a page each, see request_watch_ghcb() */
	uint8_t sent[REQUEST_PAGE];		/* the request page's bytes */
};

struct request_vm {
	struct snp_vm *snp;
	struct request_cpu cpu[SNP_VM_MAX_VCPUS];
};

/*
 * An SNP VM of @nr_vcpus, not launched yet; @guest_code gets the GVA of its
 * vCPU's struct guest_request.
 */
struct request_vm *request_vm_create(unsigned int nr_vcpus, void *guest_code);
/* The same in two steps, see snp_vm.h. */
struct request_vm *request_vm_create_bare(void);
void request_vm_add_vcpus(struct request_vm *v, unsigned int nr_vcpus, void *guest_code);
void request_vm_free(struct request_vm *v);

/*
 * Fill @cpu's request with a well-formed NAE event @exit_code whose message is
 * of type @msg_type: request and response page, RAX = data, RBX = @npages,
 * everything marked valid.  Pages get fresh contents; a test changes from here
 * what its case is about.
 */
void request_prepare(struct request_cpu *cpu, uint64_t exit_code, uint8_t msg_type,
		     uint64_t npages);

/*
 * After request_prepare(): the GHCB gets a pattern first, and is kept as it was
 * at the exit and as it was after it.
 */
void request_watch_ghcb(struct request_cpu *cpu);

/*
 * After request_prepare(): the guest copies no page, and after its answer
 * request_read_shared() takes response and data from where they are.  Cheaper, for
 * cases that make many requests: there are machines that emulate a guest's copying.
 */
void request_copy_nothing(struct request_cpu *cpu);
void request_read_shared(struct request_cpu *cpu);

/* What the guest saw, after its answer. */
static inline const uint8_t *request_seen_response(const struct request_cpu *cpu)
{
	return cpu->seen.hva;
}

static inline const uint8_t *request_seen_data(const struct request_cpu *cpu)
{
	return (const uint8_t *)cpu->seen.hva + REQUEST_PAGE;
}

#endif
