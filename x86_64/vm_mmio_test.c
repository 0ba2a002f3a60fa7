// SPDX-License-Identifier: GPL-2.0-only
/*
 * MMIO of an ordinary VM, which KVM emulates: accesses of each size, and those that lie in
 * two pages and so come to the VMM as two exits, of which the second one is made when the
 * first KVM_RUN has long returned.
 */
#include "check/harness.h"

#include "kvm_util.h"
#include "processor.h"

#include "control.h"
#include "guest/libkvm.h"
#include "vm/vm_type.h"

/* Two pages without memory behind them. */
#define MMIO_GPA	0xc0000000ull
#define MMIO_GVA	0xc0000000ull
#define BORDER		4096

/* The guest comes by with OUT to these: the suite's ucalls are those of guests with a GHCB. */
#define PORT	0x510
enum { READY = 1, DONE };

enum insn {
	MOV,			/* of the size, from or to a register */
	MOVDQU,			/* 16 bytes */
	ENTER,			/* a push of RBP, 8 bytes, which KVM has on its stack */
	PUSH,
};

COCO_FIXTURE(mmio);
FIXTURE_VARIANT(mmio)
{
	struct check_row row;
	enum insn insn;
	bool write;
	unsigned int size, offset;	/* bytes; where it begins, in the two pages */
};

#define WRITE_REQS	REQ_MMIO_EXIT, REQ_MMIO_DATA
#define READ_REQS	REQ_MMIO_EXIT, REQ_MMIO_READ
#define ROW(name, insn_, write_, size_, offset_, ...)					\
	FIXTURE_VARIANT_ADD(mmio, name)							\
	{										\
		COCO_ROW(NULL, __VA_ARGS__),						\
		.insn = insn_, .write = write_, .size = size_, .offset = offset_,	\
	};

ROW(write_1, MOV, true, 1, 5, WRITE_REQS)
ROW(write_2, MOV, true, 2, 6, WRITE_REQS)
ROW(write_4, MOV, true, 4, 8, WRITE_REQS)
ROW(write_8, MOV, true, 8, 16, WRITE_REQS)
ROW(write_8_to_border, MOV, true, 8, BORDER - 8, WRITE_REQS)
ROW(write_2_over_border, MOV, true, 2, BORDER - 1, WRITE_REQS)
ROW(write_4_over_border, MOV, true, 4, BORDER - 3, WRITE_REQS)
ROW(write_8_over_border, MOV, true, 8, BORDER - 4, WRITE_REQS)
ROW(write_16, MOVDQU, true, 16, 32, WRITE_REQS)
ROW(write_16_over_border, MOVDQU, true, 16, BORDER - 10, WRITE_REQS)
ROW(push_over_border, PUSH, true, 8, BORDER - 4, WRITE_REQS)
ROW(enter, ENTER, true, 8, 64, WRITE_REQS)
ROW(enter_over_border, ENTER, true, 8, BORDER - 4, WRITE_REQS)
ROW(read_1, MOV, false, 1, 5, READ_REQS)
ROW(read_2, MOV, false, 2, 6, READ_REQS)
ROW(read_4, MOV, false, 4, 8, READ_REQS)
ROW(read_8, MOV, false, 8, 16, READ_REQS)
ROW(read_2_over_border, MOV, false, 2, BORDER - 1, READ_REQS)
ROW(read_4_over_border, MOV, false, 4, BORDER - 3, READ_REQS)
ROW(read_8_over_border, MOV, false, 8, BORDER - 4, READ_REQS)
ROW(read_16, MOVDQU, false, 16, 32, READ_REQS)
ROW(read_16_over_border, MOVDQU, false, 16, BORDER - 10, READ_REQS)

/* ---- the guest ---- */

struct mailbox {
	uint8_t data[16];
};

static void guest_writes(enum insn insn, unsigned int size, void *to, const uint8_t *data)
{
	uint64_t value = *(const uint64_t *)data;

	switch (insn) {
	case MOV:
		if (size == 1)
			asm volatile("movb %b0, (%1)" :: "q"(value), "r"(to) : "memory");
		else if (size == 2)
			asm volatile("movw %w0, (%1)" :: "r"(value), "r"(to) : "memory");
		else if (size == 4)
			asm volatile("movl %k0, (%1)" :: "r"(value), "r"(to) : "memory");
		else
			asm volatile("movq %0, (%1)" :: "r"(value), "r"(to) : "memory");
		break;
	case MOVDQU:
		asm volatile("movdqu (%0), %%xmm0\n\t"
			     "movdqu %%xmm0, (%1)" :: "r"(data), "r"(to) : "memory", "xmm0");
		break;
	case PUSH:
		asm volatile("mov %%rsp, %%r8\n\t"
			     "mov %1, %%rsp\n\t"
			     "push %0\n\t"
			     "mov %%r8, %%rsp" :: "r"(value), "r"(to + size) : "memory", "r8");
		break;
	case ENTER:
		asm volatile("mov %%rsp, %%r8\n\t"
			     "mov %%rbp, %%r9\n\t"
			     "mov %0, %%rbp\n\t"
			     "mov %1, %%rsp\n\t"
			     "enter $0, $0\n\t"
			     "mov %%r9, %%rbp\n\t"
			     "mov %%r8, %%rsp"
			     :: "r"(value), "r"(to + size) : "memory", "r8", "r9");
		break;
	}
}

static void guest_reads(enum insn insn, unsigned int size, const void *from, uint8_t *data)
{
	uint64_t value = 0;

	if (insn == MOVDQU) {
		asm volatile("movdqu (%0), %%xmm0\n\t"
			     "movdqu %%xmm0, (%1)" :: "r"(from), "r"(data) : "memory", "xmm0");
		return;
	}
	if (size == 1)
		asm volatile("movb (%1), %b0" : "+q"(value) : "r"(from));
	else if (size == 2)
		asm volatile("movw (%1), %w0" : "+r"(value) : "r"(from));
	else if (size == 4)
		asm volatile("movl (%1), %k0" : "+r"(value) : "r"(from));
	else
		asm volatile("movq (%1), %0" : "+r"(value) : "r"(from));
	*(uint64_t *)data = value;
}

static void guest_tells(uint8_t stage)
{
	asm volatile("outb %0, %w1" :: "a"(stage), "d"(PORT) : "memory");
}

static void guest_accesses(struct mailbox *box, enum insn insn, bool write, unsigned int size,
			   unsigned int offset)
{
	guest_tells(READY);
	if (write)
		guest_writes(insn, size, (void *)MMIO_GVA + offset, box->data);
	else
		guest_reads(insn, size, (void *)MMIO_GVA + offset, box->data);
	guest_tells(DONE);
}

/* ---- the host ---- */

static const struct value_names names_address = { .other = "address" },
	names_bytes = { .other = "bytes" };

/* The pieces of an access: what is left of @size bytes at @offset begins with so many. */
static unsigned int piece(unsigned int offset, unsigned int size)
{
	if (offset < BORDER && offset + size > BORDER)
		size = BORDER - offset;
	return size < 8 ? size : 8;
}

/* KVM_RUN until the guest says @stage. */
static bool comes_to(struct kvm_vcpu *vcpu, uint8_t stage)
{
	const struct kvm_run *run = vcpu->run;

	return EXPECT_REQ_EXIT(REQ_MMIO_EXIT, vcpu, KVM_EXIT_IO) &&
	       EXPECT_REQ_EQ(REQ_MMIO_EXIT, "stage of the guest", stage,
			     *((uint8_t *)run + run->io.data_offset), &names_value);
}

COCO_TEST_F(mmio, exits)
{
	uint8_t data[16];
	struct kvm_vcpu *vcpu;
	struct mailbox *box;
	unsigned int done, len;
	struct kvm_vm *vm;
	gva_t gva;

	if (variant->write && variant->insn != MOV && !guest_stops_before_writes()) {
		check_skip("the engine executes this instruction before KVM can emulate it");
		return;
	}
	vm = vm_create_with_one_vcpu(&vcpu, guest_accesses);
	virt_map(vm, MMIO_GVA, MMIO_GPA, 2);
	gva = vm_alloc_page(vm);
	box = addr_gva2hva(vm, gva);
	vcpu_args_set(vcpu, 5, gva, (uint64_t)variant->insn, (uint64_t)variant->write,
		      (uint64_t)variant->size, (uint64_t)variant->offset);
	for (unsigned int i = 0; i < sizeof(data); i++)
		data[i] = 0xa1 + i;
	if (variant->write)
		memcpy(box->data, data, sizeof(data));

	if (!comes_to(vcpu, READY))
		return;
	for (done = 0; done < variant->size; done += len) {
		const unsigned int offset = variant->offset + done;
		struct kvm_run *run = vcpu->run;

		len = piece(offset, variant->size - done);
		if (!EXPECT_REQ_EXIT(REQ_MMIO_EXIT, vcpu, KVM_EXIT_MMIO) ||
		    !EXPECT_REQ_EQ(REQ_MMIO_EXIT, "mmio.phys_addr", MMIO_GPA + offset,
				   run->mmio.phys_addr, &names_address) ||
		    !EXPECT_REQ_EQ(REQ_MMIO_EXIT, "mmio.len", len, run->mmio.len, &names_bytes))
			return;
		EXPECT_REQ_EQ(REQ_MMIO_EXIT, "mmio.is_write", variant->write, run->mmio.is_write,
			      &names_value);
		if (variant->write)
			EXPECT_REQ_BYTES(REQ_MMIO_DATA, "mmio.data", data + done, run->mmio.data,
					 len);
		else
			memcpy(run->mmio.data, data + done, len);
	}
	if (comes_to(vcpu, DONE) && !variant->write)
		EXPECT_REQ_BYTES(REQ_MMIO_READ, "what the guest has read", data, box->data,
				 variant->size);
	kvm_vm_free(vm);
}

static const char *missing(void)
{
	return vm_type_missing(KVM_X86_DEFAULT_VM, "VMs");
}

COCO_MAIN(missing)
