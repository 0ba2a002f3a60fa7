/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reference model's SNP guests: written from "SEV-ES Guest-Hypervisor Communication Block
 * Standardization" 2.0 (AMD 56421: GHCB), "SEV Secure Nested Paging Firmware ABI" (AMD 56860),
 * the APM, api.rst and amd-memory-encryption.rst.  Where these leave it to the hypervisor, or
 * name no errno, it is Linux 7.3's.
 *
 *	snp_vm.c	the VM: types, capabilities, ioctls
 *	snp_launch.c	launch commands
 *	snp_vcpu.c	vCPUs before they run
 *	snp_run.c	between KVM_RUN and the guest: trap sites, faults, what a vCPU waits for
 *	ghcb.c		the GHCB page: which events there are, what each needs, answers
 *	ghcb_msr.c	the GHCB MSR protocol
 *	nae.c		events that stand for an instruction
 *	nae_io.c	port and memory-mapped I/O
 *	psc.c		page state changes
 *	ap.c		VMSAs, AP creation
 *	vmsa.c		registers in a VMSA
 *	rmpadjust.c	RMPADJUST, PVALIDATE
 *	apic.c		INIT and SIPI
 *	guest_request.c	guest requests, and the exit for certificates
 *	certs.c		revisions of that exit
 *	firmware.c	the launch digest, guests' messages
 *
 * Not modelled: what firmware has to say of a CPUID page, validation of pages, VMPLs, interrupts,
 * the FPU's part of a VMSA that a guest makes.
 */
#ifndef REF_SNP_H
#define REF_SNP_H

#include <string.h>

#include "ref.h"

#define SNP_VM_TYPE	4		/* KVM_X86_SNP_VM, as an #if can have it */

/* ---- snp_vm.c ---- */

extern const struct model_ops snp_model;
/* COCO_REF_REVISION: true if there is one of SNP guests of that name. */
bool snp_set_revision(const char *name);
long snp_dev_open(const char *path, int flags);
/* A file of /dev/sev? */
bool snp_is_dev(int fd);

/* ---- snp_launch.c ---- */

/* KVM_MEMORY_ENCRYPT_OP, under host->lock. */
long snp_encrypt_op(struct ref_vm *vm, unsigned long arg);

/* ---- snp_vcpu.c ---- */

long snp_vcpu_create(struct inproc_vcpu *host);
long snp_vcpu_ioctl(struct inproc_vcpu *host, unsigned int cmd, unsigned long arg);

/* ---- snp_run.c: REF_RESUME, 0 or -errno ---- */

long snp_enter(struct ref_vcpu *vcpu);
long snp_io(struct ref_vcpu *vcpu);
long snp_msr(struct ref_vcpu *vcpu);
long snp_fault(struct ref_vcpu *vcpu);
/* KVM_SYSTEM_EVENT_SEV_TERM with @data; 0. */
long snp_terminated(struct ref_vcpu *vcpu, uint64_t data);
/* AP reset hold: wait, then answer as it was asked for. */
long snp_hold(struct ref_vcpu *vcpu, bool by_msr);

/* ---- ghcb.c ---- */

/* GHCB 2.0, "GHCB Format": offsets, and where the shared buffer ends */
#define GHCB_BUFFER		0x800
#define GHCB_BUFFER_END		0xff0

enum ghcb_reg { GHCB_RAX = 0x1f8, GHCB_RCX = 0x308, GHCB_RDX = 0x310, GHCB_RBX = 0x318 };

/* "SW_EXITINFO2 error codes" */
enum ghcb_error {
	GHCB_NOT_REGISTERED = 1,
	GHCB_USAGE,
	GHCB_SCRATCH,
	GHCB_MISSING_INPUT,
	GHCB_INVALID_INPUT,
	GHCB_INVALID_EVENT,
};

/* VMGEXIT with a GHCB: REF_RESUME, 0 or -errno. */
long snp_vmgexit(struct ref_vcpu *vcpu);

/* Answers to the event under way; all REF_RESUME. */
long ghcb_done(struct ref_vcpu *vcpu, uint64_t info_2);
long ghcb_malformed(struct ref_vcpu *vcpu, enum ghcb_error error);
/* The guest is to take a #GP with error code 0. */
long ghcb_inject_gp(struct ref_vcpu *vcpu);
/* Return a register, too. */
void ghcb_return(struct ref_vcpu *vcpu, enum ghcb_reg reg, uint64_t value);

/* The scratch area's @len bytes in the GHCB's shared buffer, or NULL: they are not in there. */
void *ghcb_scratch(struct ref_vcpu *vcpu, uint64_t len);

/* ---- ghcb_msr.c ---- */

#define GHCB_FEATURES	3u	/* hypervisor features: SNP, AP creation */

/* The MSR as a guest finds it before it writes it. */
void ghcb_msr_reset(struct ref_vcpu *vcpu);
/* The MSR's bits 11:0 are not those of a page: as snp_vmgexit(). */
long snp_msr_protocol(struct ref_vcpu *vcpu);
/* The MSR after an AP reset hold that a SIPI has ended, or something else. */
uint64_t ghcb_msr_hold_answer(bool sipi);

/* ---- ap.c ---- */

/* The page at @gpa becomes a VMSA, or is one no more; false: there are too many. */
bool snp_set_vmsa(struct ref_vm *vm, uint64_t gpa, bool is);
/* Does a vCPU run with it just now? */
bool snp_vmsa_in_use(struct ref_vm *vm, uint64_t gpa);
/* Private memory goes away, and VMSAs with it: when this returns no vCPU runs with one of them. */
void snp_private_freed(struct ref_vm *vm, uint64_t gpa, uint64_t size);
void snp_init_received(struct ref_vcpu *target);
void snp_sipi_received(struct ref_vcpu *target);
/* Before an entry: what events have changed.  0, or -EINVAL: the VMSA is none. */
long snp_take_vmsa(struct ref_vcpu *vcpu);

/* ---- vmsa.c: 0 or -errno ---- */

#define VMSA_SEV_FEATURES	0x3b0

/* The vCPU's registers are those of @vmsa, or become a VMSA; a page each. */
int snp_load_vmsa(struct ref_vcpu *vcpu, const unsigned char *vmsa);
int snp_store_vmsa(struct ref_vcpu *vcpu, unsigned char *vmsa);

/* ---- firmware.c ---- */

void snp_fw_start(struct ref_vm *vm, uint64_t policy);
/* The page at @gpa belongs to the launch; 0 or -errno. */
int snp_fw_add(struct ref_vm *vm, uint64_t gpa, unsigned int type);
/* Before the guest's code is patched.  0; -EIO with firmware's *@status; or -errno. */
int snp_fw_finish(struct ref_vm *vm, const struct fw_finish *finish, uint32_t *status);
/* SNP_GUEST_REQUEST: firmware's status. */
uint32_t snp_fw_message(struct ref_vm *vm, const void *request, void *response);

/* ---- rmpadjust.c: as snp_vmgexit() ---- */

long snp_rmpadjust(struct ref_vcpu *vcpu);
long snp_pvalidate(struct ref_vcpu *vcpu);

/* ---- apic.c ---- */

/* An access to the local APIC's page; false: it is none. */
bool snp_apic_access(struct ref_vcpu *vcpu, uint64_t gpa, void *data, unsigned int len, bool write);

/* ---- nae.c, nae_io.c, psc.c, guest_request.c: an event; as snp_vmgexit() ---- */

long nae_cpuid(struct ref_vcpu *vcpu);
long nae_msr(struct ref_vcpu *vcpu);
long nae_rdtsc(struct ref_vcpu *vcpu);
long nae_vmmcall(struct ref_vcpu *vcpu);
long nae_jump_table(struct ref_vcpu *vcpu);
long nae_io(struct ref_vcpu *vcpu);
long nae_mmio(struct ref_vcpu *vcpu);
long nae_psc(struct ref_vcpu *vcpu);
long nae_guest_request(struct ref_vcpu *vcpu);
long nae_ext_guest_request(struct ref_vcpu *vcpu);
long nae_ap_creation(struct ref_vcpu *vcpu);

/* One page by the MSR protocol. */
long psc_by_msr(struct ref_vcpu *vcpu);

/* ---- certs.c ---- */

/* What a VMM may answer, in any revision. */
enum certs_answer {
	CERTS_OK,			/* the table is there, or there is none */
	CERTS_TOO_SHORT,		/* *@npages are needed */
	CERTS_BUSY,
	CERTS_FAILED,
	CERTS_UNDEFINED,		/* KVM_RUN refuses it */
};

bool certs_set_revision(const char *name);
/* KVM_CHECK_EXTENSION; KVM_ENABLE_CAP; KVM_MEMORY_ENCRYPT_OP's command; the device attribute. */
long certs_extension(long cap);
long certs_enable_cap(struct ref_vm *vm, const struct kvm_enable_cap *cap);
long certs_enable_command(struct ref_vm *vm);
bool certs_has_attribute(void);
/* Ask the VMM for the table at @gpa. */
void certs_fill_exit(struct kvm_run *run, uint64_t gpa, uint64_t npages);
enum certs_answer certs_read_answer(const struct kvm_run *run, uint64_t *npages);
/* SW_EXITINFO2 of CERTS_FAILED */
uint64_t certs_failed_status(void);

#endif
