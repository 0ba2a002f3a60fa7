// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests on the Unicorn CPU emulator, for where there is no /dev/kvm: VMs,
 * vCPUs, and whose turn it is.  64-bit guests with paging, and their way there
 * from flat 32-bit code.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unicorn_engine.h"

/* Instructions between two looks at what else wants this thread. */
#define POLL_INSNS	4096

#define CR0_PE		(1ULL << 0)
#define CR0_PG		(1ULL << 31)
#define EFER_LMA	(1ULL << 10)
#define RFLAGS_IF	(1ULL << 9)

bool unicorn_fail(struct engine_vcpu *vcpu, struct engine_exit *exit, const char *fmt, ...)
{
	va_list ap;
	int n;

	n = snprintf(vcpu->text, sizeof(vcpu->text), "at RIP 0x%llx: ",
		     (unsigned long long)vcpu->rip);
	va_start(ap, fmt);
	vsnprintf(vcpu->text + n, sizeof(vcpu->text) - n, fmt, ap);
	va_end(ap);
	exit->reason = ENGINE_EXIT_FAIL;
	exit->text = vcpu->text;
	return true;
}

/* ---- the engine ---- */

static uint32_t engine_unicorn_features(void)
{
	return ENGINE_CAN_CPUID | ENGINE_CAN_STEP | ENGINE_CAN_TPR | ENGINE_CAN_RESTART |
	       ENGINE_CAN_EXACT | ENGINE_CAN_EXCEPTIONS | ENGINE_CAN_CR;
}

static unsigned int engine_unicorn_phys_bits(void)
{
	return UNICORN_PHYS_BITS;
}

static int engine_unicorn_check_extension(long cap)
{
	return cap == KVM_CAP_GET_TSC_KHZ || cap == KVM_CAP_READONLY_MEM;
}

/* ---- VMs ---- */

static int engine_unicorn_vm_create(struct engine_vm **out)
{
	struct engine_vm *vm = calloc(1, sizeof(*vm));

	if (!vm)
		return -ENOMEM;
	gate_init(&vm->gate);
	pthread_mutex_init(&vm->page_lock, NULL);
	pthread_mutex_init(&vm->turn_lock, NULL);
	pthread_cond_init(&vm->turn_changed, NULL);
	*out = vm;
	return 0;
}

static void engine_unicorn_vm_destroy(struct engine_vm *vm)
{
	gate_destroy(&vm->gate);
	pthread_cond_destroy(&vm->turn_changed);
	pthread_mutex_destroy(&vm->turn_lock);
	unicorn_free_memory(vm);
	pthread_mutex_destroy(&vm->page_lock);
	free(vm->msr_traps);
	free(vm);
}

static struct engine_vcpu *to_vcpu_of_gate(struct gate_vcpu *gv)
{
	return container_of(gv, struct engine_vcpu, gv);
}

static void engine_unicorn_pause(struct engine_vm *vm)
{
	gate_pause(&vm->gate);
}

static void engine_unicorn_resume(struct engine_vm *vm)
{
	gate_resume(&vm->gate);
}

/* ---- whose turn it is ---- */

static void take_turn(struct engine_vm *vm)
{
	unsigned int ticket;

	pthread_mutex_lock(&vm->turn_lock);
	ticket = __atomic_fetch_add(&vm->next_ticket, 1, __ATOMIC_RELAXED);
	while (vm->serving != ticket)
		pthread_cond_wait(&vm->turn_changed, &vm->turn_lock);
	pthread_mutex_unlock(&vm->turn_lock);
}

static void pass_turn(struct engine_vm *vm)
{
	pthread_mutex_lock(&vm->turn_lock);
	__atomic_fetch_add(&vm->serving, 1, __ATOMIC_RELAXED);
	pthread_cond_broadcast(&vm->turn_changed);
	pthread_mutex_unlock(&vm->turn_lock);
}

static bool others_wait(const struct engine_vm *vm)
{
	return __atomic_load_n(&vm->next_ticket, __ATOMIC_RELAXED) -
	       __atomic_load_n(&vm->serving, __ATOMIC_RELAXED) > 1;
}

/* ---- vCPUs ---- */

/* As the architecture has them after reset (and KVM_GET_SREGS of a new vCPU). */
static void reset_sregs(struct kvm_sregs *sregs)
{
	static const struct kvm_segment data = {
		.limit = 0xffff, .type = 3, .present = 1, .s = 1,
	};

	memset(sregs, 0, sizeof(*sregs));
	sregs->ds = sregs->es = sregs->fs = sregs->gs = sregs->ss = data;
	sregs->cs = data;
	sregs->cs.type = 11;
	sregs->cs.selector = 0xf000;
	sregs->cs.base = 0xffff0000;
	sregs->tr = (struct kvm_segment){ .limit = 0xffff, .type = 11, .present = 1 };
	sregs->ldt = (struct kvm_segment){ .limit = 0xffff, .type = 2, .present = 1 };
	sregs->gdt.limit = sregs->idt.limit = 0xffff;
	sregs->cr0 = 0x60000010;
	sregs->apic_base = 0xfee00900;
}

static void interrupt(struct gate_vcpu *gv)
{
	__atomic_store_n(&to_vcpu_of_gate(gv)->interrupt, 1, __ATOMIC_RELAXED);
}

static uc_err new_vcpu(struct engine_vcpu **out)
{
	struct engine_vcpu *vcpu = calloc(1, sizeof(*vcpu));
	uc_err err;

	if (!vcpu)
		return UC_ERR_NOMEM;
	vcpu->gv.interrupt = interrupt;
	vcpu->rip = 0xfff0;
	vcpu->irq = -1;
	reset_sregs(&vcpu->sregs);

	err = uc_open(UC_ARCH_X86, UC_MODE_64, &vcpu->uc);
	if (!err) {
		err = uc_ctl_set_cpu_model(vcpu->uc, UC_CPU_X86_EPYC);
		if (!err)
			err = unicorn_add_hooks(vcpu, vcpu->uc);
		if (err)
			uc_close(vcpu->uc);
	}
	if (err) {
		free(vcpu);
		return err;
	}
	unicorn_set_reg(vcpu, UC_X86_REG_RFLAGS, 2);
	*out = vcpu;
	return UC_ERR_OK;
}

/*
 * A vCPU that is made in advance, in the process in which the engine was chosen: where that has a
 * child for each of its cases, each child's first vCPU is a copy.
 */
static struct engine_vcpu *spare;
static bool spare_mode32;
static pid_t chosen_in;

static uc_err make_spare(void)
{
	return spare ? UC_ERR_OK : new_vcpu(&spare);
}

static void before_fork(void)
{
	if (getpid() == chosen_in && !make_spare() && spare_mode32)
		unicorn_open_other(spare, true);
}

static bool engine_unicorn_usable(const char **why)
{
	static char reason[128];
	uc_err err = make_spare();

	chosen_in = getpid();
	if (!err)
		return true;
	snprintf(reason, sizeof(reason), "unicorn cannot make a vCPU: %s", uc_strerror(err));
	*why = reason;
	return false;
}

static void engine_unicorn_begins_mode32(void)
{
	spare_mode32 = true;
	if (spare)
		unicorn_open_other(spare, true);
}

static int engine_unicorn_vcpu_create(struct engine_vm *vm, uint32_t id, struct engine_vcpu **out)
{
	struct engine_vcpu *vcpu = __atomic_exchange_n(&spare, NULL, __ATOMIC_RELAXED);
	uc_err err = vcpu ? UC_ERR_OK : new_vcpu(&vcpu);
	static bool told;

	(void)id;
	/*
	 * The handler that is registered last is called first: this one has to come before memory's,
	 * which takes a lock that uc_open() needs, by way of our mprotect().
	 */
	if (vcpu && getpid() == chosen_in && !__atomic_exchange_n(&told, true, __ATOMIC_RELAXED))
		pthread_atfork(before_fork, NULL, NULL);
	if (err) {
		inproc_diag("unicorn cannot make a vCPU: %s", uc_strerror(err));
		return -ENOMEM;
	}
	vcpu->vm = vm;

	/* With a second vCPU turns begin to count, and the first has to know. */
	gate_pause(&vm->gate);
	vm->nr_vcpus++;
	gate_add(&vm->gate, &vcpu->gv);
	gate_resume(&vm->gate);
	*out = vcpu;
	return 0;
}

static void engine_unicorn_vcpu_destroy(struct engine_vcpu *vcpu)
{
	gate_remove(&vcpu->gv);
	if (vcpu->other)
		uc_close(vcpu->other);
	uc_close(vcpu->uc);
	free(vcpu->cpuid);
	free(vcpu->shadow);
	free(vcpu->ptes.refs);
	free(vcpu->ptes.slots);
	free(vcpu->ptes.tables);
	free(vcpu);
}

static const struct {
	int reg;
	size_t offset;
} regs_map[] = {
#define REG(uc_name, field) { UC_X86_REG_##uc_name, offsetof(struct kvm_regs, field) }
	REG(RAX, rax), REG(RBX, rbx), REG(RCX, rcx), REG(RDX, rdx),
	REG(RSI, rsi), REG(RDI, rdi), REG(RSP, rsp), REG(RBP, rbp),
	REG(R8, r8), REG(R9, r9), REG(R10, r10), REG(R11, r11),
	REG(R12, r12), REG(R13, r13), REG(R14, r14), REG(R15, r15),
	REG(RFLAGS, rflags),
#undef REG
};

static int engine_unicorn_get_regs(struct engine_vcpu *vcpu, struct kvm_regs *regs)
{
	size_t i;

	for (i = 0; i < sizeof(regs_map) / sizeof(regs_map[0]); i++)
		*(uint64_t *)((char *)regs + regs_map[i].offset) =
			unicorn_reg(vcpu, regs_map[i].reg);
	regs->rflags |= 2;
	regs->rip = vcpu->rip;
	return 0;
}

static int engine_unicorn_set_regs(struct engine_vcpu *vcpu, const struct kvm_regs *regs)
{
	size_t i;

	for (i = 0; i < sizeof(regs_map) / sizeof(regs_map[0]); i++)
		unicorn_set_reg(vcpu, regs_map[i].reg,
				*(const uint64_t *)((const char *)regs + regs_map[i].offset));
	vcpu->rip = regs->rip;
	return 0;
}

static int engine_unicorn_get_sregs(struct engine_vcpu *vcpu, struct kvm_sregs *sregs)
{
	uc_x86_mmr mmr;

	/* What the guest changes without our help. */
	vcpu->sregs.fs.base = unicorn_reg(vcpu, UC_X86_REG_FS_BASE);
	vcpu->sregs.gs.base = unicorn_reg(vcpu, UC_X86_REG_GS_BASE);
	uc_reg_read(vcpu->uc, UC_X86_REG_GDTR, &mmr);
	vcpu->sregs.gdt.base = mmr.base;
	vcpu->sregs.gdt.limit = (uint16_t)mmr.limit;
	uc_reg_read(vcpu->uc, UC_X86_REG_IDTR, &mmr);
	vcpu->sregs.idt.base = mmr.base;
	vcpu->sregs.idt.limit = (uint16_t)mmr.limit;
	*sregs = vcpu->sregs;
	return 0;
}

/* What the guest reads by MOV and STR, and pushes; descriptors are not Unicorn's business. */
static void load_selectors(struct engine_vcpu *vcpu, const struct kvm_sregs *sregs)
{
	const uc_x86_mmr tr = {
		.selector = sregs->tr.selector, .base = sregs->tr.base, .limit = sregs->tr.limit,
	};

	uc_reg_write(vcpu->uc, UC_X86_REG_TR, &tr);
	unicorn_set_reg(vcpu, UC_X86_REG_CS, sregs->cs.selector);
	unicorn_set_reg(vcpu, UC_X86_REG_SS, sregs->ss.selector);
	unicorn_set_reg(vcpu, UC_X86_REG_DS, sregs->ds.selector);
	unicorn_set_reg(vcpu, UC_X86_REG_ES, sregs->es.selector);
}

void unicorn_load_sregs(struct engine_vcpu *vcpu, const struct kvm_sregs *sregs)
{
	const uc_x86_mmr gdt = { .base = sregs->gdt.base, .limit = sregs->gdt.limit };
	const uc_x86_mmr idt = { .base = sregs->idt.base, .limit = sregs->idt.limit };

	/* Changes of the tables themselves are seen at the next run(). */
	const bool flush = sregs->cr0 != vcpu->sregs.cr0 || sregs->cr3 != vcpu->sregs.cr3 ||
			   sregs->cr4 != vcpu->sregs.cr4 || sregs->efer != vcpu->sregs.efer;

	vcpu->sregs = *sregs;
	uc_reg_write(vcpu->uc, UC_X86_REG_GDTR, &gdt);
	uc_reg_write(vcpu->uc, UC_X86_REG_IDTR, &idt);
	unicorn_set_reg(vcpu, UC_X86_REG_FS_BASE, sregs->fs.base);
	unicorn_set_reg(vcpu, UC_X86_REG_GS_BASE, sregs->gs.base);
	if (!vcpu->mode32)
		load_selectors(vcpu, sregs);
	if (flush)
		unicorn_flush(vcpu);
}

static int engine_unicorn_set_sregs(struct engine_vcpu *vcpu, const struct kvm_sregs *sregs)
{
	int r = unicorn_set_mode(vcpu, unicorn_wants_mode32(sregs));

	if (!r)
		unicorn_load_sregs(vcpu, sregs);
	return r;
}

static int engine_unicorn_set_cpuid2(struct engine_vcpu *vcpu, const struct kvm_cpuid2 *cpuid)
{
	const size_t size = sizeof(*cpuid) + cpuid->nent * sizeof(cpuid->entries[0]);
	struct kvm_cpuid2 *copy = malloc(size);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, cpuid, size);
	free(vcpu->cpuid);
	vcpu->cpuid = copy;
	return 0;
}

/* ---- running ---- */

static bool signal_pending(const sigset_t *mask)
{
	sigset_t pending;
	int sig;

	if (sigpending(&pending) || sigisemptyset(&pending))
		return false;
	for (sig = 1; sig < NSIG; sig++)
		if (sigismember(&pending, sig) == 1 && !sigismember(mask, sig))
			return true;
	return false;
}

static bool in_long_mode(const struct kvm_sregs *sregs)
{
	const uint64_t cr0 = CR0_PE | CR0_PG;

	return (sregs->cr0 & cr0) == cr0 && (sregs->efer & EFER_LMA) && sregs->cs.l;
}

static bool takes_interrupts(struct engine_vcpu *vcpu)
{
	return !vcpu->mode32 && (unicorn_reg(vcpu, UC_X86_REG_RFLAGS) & RFLAGS_IF);
}

/* What comes before the next instruction; true: that came to an exit. */
static bool take_events(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	struct event event = vcpu->event;

	if (event.kind != EVENT_NONE)
		return unicorn_deliver(vcpu, exit, &event);
	if (!takes_interrupts(vcpu))
		return false;
	if (vcpu->irq >= 0) {
		event = (struct event){ EVENT_INTERRUPT, (uint8_t)vcpu->irq, 0 };
		vcpu->irq = -1;
		return unicorn_deliver(vcpu, exit, &event);
	}
	if (!(vcpu->traps & ENGINE_TRAP_WINDOW))
		return false;
	exit->reason = ENGINE_EXIT_WINDOW;
	return true;
}

/* One instruction, or the delivery of its exception. */
static bool step(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	do {
		vcpu->budget = 1;
		if (unicorn_execute(vcpu, exit))
			return true;
	} while (vcpu->stop == STOP_FLUSH || vcpu->has_native);
	exit->reason = ENGINE_EXIT_STEP;
	return true;
}

/* One turn inside the gate.  True: @exit is filled. */
static bool turn(struct engine_vcpu *vcpu, struct engine_exit *exit, const sigset_t *sigmask)
{
	struct engine_vm *vm = vcpu->vm;
	const bool turns = vm->nr_vcpus > 1;
	bool out = false;

	if (turns)
		take_turn(vm);
	unicorn_revalidate(vcpu);
	do {
		if (signal_pending(sigmask)) {
			exit->reason = ENGINE_EXIT_INTR;
			out = true;
			break;
		}
		out = take_events(vcpu, exit);
		if (out)
			break;
		if (vcpu->traps & ENGINE_TRAP_STEP) {
			out = step(vcpu, exit);
			break;
		}
		vcpu->budget = POLL_INSNS;
		do {
			out = unicorn_execute(vcpu, exit);
		} while (!out && vcpu->stop != STOP_POLL);
	} while (!out && !__atomic_load_n(&vcpu->interrupt, __ATOMIC_RELAXED) &&
		 !(turns && others_wait(vm)));
	if (turns)
		pass_turn(vm);
	return out;
}

/* Where there is no code, as at a reset vector without memory, no mode is wanted. */
static void unsupported_mode(struct engine_vcpu *vcpu, struct engine_exit *exit)
{
	struct access access = {
		.va = vcpu->sregs.cs.base + vcpu->rip, .len = 1, .fetch = true,
	};
	struct walk walk;

	if (!(vcpu->sregs.cr0 & CR0_PG) &&
	    unicorn_walk(vcpu, &access, &walk) == WALK_NO_RAM)
		unicorn_access_failed(vcpu, exit, &access, WALK_NO_RAM, &walk);
	else
		unicorn_fail(vcpu, exit, "the unicorn engine runs 64-bit guests with paging, and "
			     "flat 32-bit code");
}

static int engine_unicorn_run(struct engine_vcpu *vcpu, struct engine_exit *exit,
			      const void *sigmask, bool immediate)
{
	bool answered = false, out = false;

	if (!in_long_mode(&vcpu->sregs) && !vcpu->mode32) {
		unsupported_mode(vcpu, exit);
		return 0;
	}
	while (!out) {
		if (!gate_enter(&vcpu->gv)) {
			immediate = true;
			continue;
		}
		if (!answered) {
			answered = true;
			if (exit->abandon)
				exit->abandon = false;
			else if (exit->reason == ENGINE_EXIT_MEM && exit->mem.emulate)
				out = unicorn_emulate_access(vcpu, exit);
			else
				out = unicorn_complete(vcpu, exit);
		}
		if (!out && immediate) {
			exit->reason = ENGINE_EXIT_INTR;
			out = true;
		}
		if (!out)
			out = turn(vcpu, exit, sigmask);
		gate_leave(&vcpu->gv);
		/* Nobody sets it now; before gate_enter() is the only time to clear it. */
		__atomic_store_n(&vcpu->interrupt, 0, __ATOMIC_RELAXED);
	}
	return 0;
}

static void engine_unicorn_set_interrupt(struct engine_vcpu *vcpu, int vector)
{
	vcpu->irq = vector;
}

static int engine_unicorn_interrupt_pending(struct engine_vcpu *vcpu)
{
	return vcpu->irq;
}

static void engine_unicorn_kick(struct engine_vcpu *vcpu)
{
	gate_kick(&vcpu->gv);
}

const struct engine_ops engine_unicorn = {
	.name = "unicorn",
	.usable = engine_unicorn_usable,
	.begins_mode32 = engine_unicorn_begins_mode32,
	.features = engine_unicorn_features,
	.phys_bits = engine_unicorn_phys_bits,
	.get_supported_cpuid = unicorn_get_supported_cpuid,
	.check_extension = engine_unicorn_check_extension,
	.tsc_khz = unicorn_tsc_khz,
	.vm_create = engine_unicorn_vm_create,
	.vm_destroy = engine_unicorn_vm_destroy,
	.map = engine_unicorn_map,
	.unmap = engine_unicorn_unmap,
	.pause = engine_unicorn_pause,
	.resume = engine_unicorn_resume,
	.map_page = engine_unicorn_map_page,
	.unmap_page = engine_unicorn_unmap_page,
	.cover = engine_unicorn_cover,
	.trap_msr = engine_unicorn_trap_msr,
	.trap_msrs = engine_unicorn_trap_msrs,
	.vcpu_create = engine_unicorn_vcpu_create,
	.vcpu_destroy = engine_unicorn_vcpu_destroy,
	.get_regs = engine_unicorn_get_regs,
	.set_regs = engine_unicorn_set_regs,
	.get_sregs = engine_unicorn_get_sregs,
	.set_sregs = engine_unicorn_set_sregs,
	.set_cpuid2 = engine_unicorn_set_cpuid2,
	.get_msrs = engine_unicorn_get_msrs,
	.set_msrs = engine_unicorn_set_msrs,
	.get_xsave = engine_unicorn_get_xsave,
	.set_xsave = engine_unicorn_set_xsave,
	.get_xcrs = engine_unicorn_get_xcrs,
	.set_xcrs = engine_unicorn_set_xcrs,
	.get_debugregs = engine_unicorn_get_debugregs,
	.set_debugregs = engine_unicorn_set_debugregs,
	.get_events = engine_unicorn_get_events,
	.set_events = engine_unicorn_set_events,
	.set_table_bits = engine_unicorn_set_table_bits,
	.set_traps = engine_unicorn_set_traps,
	.trap_exceptions = engine_unicorn_trap_exceptions,
	.unwind = engine_unicorn_unwind,
	.run = engine_unicorn_run,
	.set_interrupt = engine_unicorn_set_interrupt,
	.interrupt_pending = engine_unicorn_interrupt_pending,
	.kick = engine_unicorn_kick,
};
