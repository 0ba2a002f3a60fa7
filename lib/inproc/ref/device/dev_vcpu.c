// SPDX-License-Identifier: GPL-2.0-only
/* vCPUs: their life, the frame of KVM_RUN, and the ioctls of ordinary ones. */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "device.h"

/* The kernel's sigset_t, which is what KVM_SET_SIGNAL_MASK takes. */
#define KERNEL_SIGSET_SIZE	8

static const struct file_ops vcpu_file_ops;

void vcpu_free(struct vcpu *vcpu)
{
	if (vcpu->pub.vm->confidential)
		model->vcpu_destroy(&vcpu->pub);
	engine->vcpu_destroy(vcpu->pub.engine);
	munmap(vcpu->pub.run, VCPU_PAGES * PAGE_SIZE);
	wait_destroy(&vcpu->pub);
	pthread_mutex_destroy(&vcpu->mutex);
	free(vcpu->cpuid);
	free(vcpu);
}

static long check_new_vcpu(const struct inproc_vm *vm, unsigned long id)
{
	unsigned int i;

	if (vm->nr_vcpus >= INPROC_MAX_VCPUS || id >= INPROC_MAX_VCPU_ID)
		return -EINVAL;
	for (i = 0; i < vm->nr_vcpus; i++)
		if (vm->vcpus[i]->id == id)
			return -EEXIST;
	return 0;
}

/* The run pages are the descriptor's own file: the VMM's mmap() needs no help of ours. */
static int map_run_pages(struct vcpu *vcpu)
{
	const size_t size = VCPU_PAGES * PAGE_SIZE;
	void *run;
	int fd;

	fd = memfd_create("kvm-vcpu", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, size))
		goto err;
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (run == MAP_FAILED)
		goto err;
	vcpu->pub.run = run;
	vcpu->pub.fd = fd;
	return 0;
err:
	real_close(fd);
	return -ENOMEM;
}

static long init_vcpu(struct vm *vm, struct vcpu *vcpu)
{
	long r;

	vcpu->pub.exit.reason = ENGINE_EXIT_INTR;
	vcpu->mp_state.mp_state = vm->irqchip && vcpu->pub.id ? KVM_MP_STATE_UNINITIALIZED :
								KVM_MP_STATE_RUNNABLE;
	pthread_mutex_init(&vcpu->mutex, NULL);

	r = wait_init(&vcpu->pub);
	if (r)
		return r;
	r = map_run_pages(vcpu);
	if (r)
		goto err_wait;
	if (vm->pub.confidential) {
		r = model->vcpu_create(&vcpu->pub);
		if (r)
			goto err_run;
	}
	/* Last: a vCPU of /dev/kvm does not go before its VM, nor does its ID. */
	r = engine->vcpu_create(vm->pub.engine, vcpu->pub.id, &vcpu->pub.engine);
	if (r)
		goto err_model;
	return 0;

err_model:
	if (vm->pub.confidential)
		model->vcpu_destroy(&vcpu->pub);
err_run:
	munmap(vcpu->pub.run, VCPU_PAGES * PAGE_SIZE);
	real_close(vcpu->pub.fd);
err_wait:
	wait_destroy(&vcpu->pub);
	return r;
}

long vcpu_create(struct vm *vm, unsigned long id)
{
	struct vcpu *vcpu;
	long r;

	if (id >= INPROC_MAX_VCPU_IDS)
		return -EINVAL;
	vcpu = calloc(1, sizeof(*vcpu));
	if (!vcpu)
		return -ENOMEM;
	vcpu->pub.vm = &vm->pub;
	vcpu->pub.id = (uint32_t)id;

	pthread_mutex_lock(&vm->pub.lock);
	r = check_new_vcpu(&vm->pub, id);
	if (!r)
		r = init_vcpu(vm, vcpu);
	if (r) {
		free(vcpu);
		goto out;
	}
	vm->pub.vcpus[vm->pub.nr_vcpus++] = &vcpu->pub;
	vm_get(vm);
	r = file_install(vcpu->pub.fd, &vcpu_file_ops, vcpu);
	if (r < 0)
		__atomic_sub_fetch(&vm->refs, 1, __ATOMIC_ACQ_REL);
out:
	pthread_mutex_unlock(&vm->pub.lock);
	return r;
}

/* ---- KVM_RUN ---- */

static long run_interrupted(struct kvm_run *run)
{
	run->exit_reason = KVM_EXIT_INTR;
	return -EINTR;
}

/* A halted vCPU has nobody to wake it but a signal: there is no interrupt source here. */
static long wait_for_signal(struct vcpu *vcpu)
{
	int r = inproc_wait(&vcpu->pub);

	return r < 0 ? r : run_interrupted(vcpu->pub.run);
}

/* Give the engine what the VMM answered in kvm_run to the last exit. */
static void take_answer(struct vcpu *vcpu)
{
	struct engine_exit *exit = &vcpu->pub.exit;
	struct kvm_run *run = vcpu->pub.run;

	if (!vcpu->open_io)
		return;
	vcpu->open_io = false;
	if (exit->reason == ENGINE_EXIT_IO && exit->io.in) {
		memcpy(exit->io.data, (char *)run + PIO_PAGE_OFFSET * PAGE_SIZE,
		       (size_t)exit->io.size * exit->io.count);
	} else if (exit->reason == ENGINE_EXIT_MEM) {
		exit->mem.emulate = true;
		if (!exit->mem.write)
			memcpy(exit->mem.data, run->mmio.data, sizeof(run->mmio.data));
	}
}

static long internal_error(struct kvm_run *run, const char *text)
{
	inproc_diag("engine %s: %s", engine->name, text);
	run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	run->internal.suberror = KVM_INTERNAL_ERROR_EMULATION;
	run->internal.ndata = 0;
	return 0;
}

static long fill_run(struct vcpu *vcpu)
{
	struct engine_exit *exit = &vcpu->pub.exit;
	struct kvm_run *run = vcpu->pub.run;

	switch (exit->reason) {
	case ENGINE_EXIT_IO:
		run->exit_reason = KVM_EXIT_IO;
		run->io.direction = exit->io.in ? KVM_EXIT_IO_IN : KVM_EXIT_IO_OUT;
		run->io.size = exit->io.size;
		run->io.port = exit->io.port;
		run->io.count = exit->io.count;
		run->io.data_offset = PIO_PAGE_OFFSET * PAGE_SIZE;
		if (!exit->io.in)
			memcpy((char *)run + run->io.data_offset, exit->io.data,
			       (size_t)exit->io.size * exit->io.count);
		vcpu->open_io = true;
		return 0;
	case ENGINE_EXIT_MEM:
		if (exit->mem.fetch)
			return internal_error(run, "instruction fetch from no memory");
		run->exit_reason = KVM_EXIT_MMIO;
		run->mmio.phys_addr = exit->mem.gpa;
		run->mmio.len = exit->mem.len;
		run->mmio.is_write = exit->mem.write;
		memcpy(run->mmio.data, exit->mem.data, sizeof(run->mmio.data));
		vcpu->open_io = true;
		return 0;
	case ENGINE_EXIT_HLT:
		if (to_vm(vcpu->pub.vm)->irqchip) {
			vcpu->mp_state.mp_state = KVM_MP_STATE_HALTED;
			return wait_for_signal(vcpu);
		}
		run->exit_reason = KVM_EXIT_HLT;
		return 0;
	case ENGINE_EXIT_SHUTDOWN:
		run->exit_reason = KVM_EXIT_SHUTDOWN;
		return 0;
	case ENGINE_EXIT_INTR:
		/* With immediate_exit KVM leaves exit_reason as it was. */
		return run->immediate_exit ? -EINTR : run_interrupted(run);
	case ENGINE_EXIT_MSR:
	case ENGINE_EXIT_WINDOW:
	case ENGINE_EXIT_STEP:
	case ENGINE_EXIT_TPR:
	case ENGINE_EXIT_CPUID:
	case ENGINE_EXIT_EXCEPTION:
	case ENGINE_EXIT_CR:
		/* Only models trap anything. */
		return internal_error(run, "exit that nobody asked for");
	case ENGINE_EXIT_FAIL:
		return internal_error(run, exit->text);
	}
	return -EINVAL;
}

static long ordinary_run(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->pub.run;
	bool immediate = __atomic_load_n(&run->immediate_exit, __ATOMIC_RELAXED);
	long r;

	run->flags = 0;
	if (vcpu->mp_state.mp_state != KVM_MP_STATE_RUNNABLE)
		return immediate ? -EINTR : wait_for_signal(vcpu);
	/* KVM_CAP_SYNC_REGS is not offered. */
	if (run->kvm_valid_regs || run->kvm_dirty_regs)
		return -EINVAL;

	take_answer(vcpu);
	r = engine->run(vcpu->pub.engine, &vcpu->pub.exit, &vcpu->pub.sigmask, immediate);
	return r ? r : fill_run(vcpu);
}

/*
 * Handlers must run when KVM_RUN returns, not in the middle of the engine or of
 * the kernel's code: block everything, let the engine watch what is pending.
 * Signals that a fault of the running thread raises stay open, so that a crash
 * in here is one.
 */
static long run_frame(struct vcpu *vcpu, unsigned long arg)
{
	static const int synchronous[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
	sigset_t block, old;
	size_t i;
	long r;

	if (arg)
		return -EINVAL;

	sigfillset(&block);
	for (i = 0; i < sizeof(synchronous) / sizeof(synchronous[0]); i++)
		sigdelset(&block, synchronous[i]);
	pthread_sigmask(SIG_SETMASK, &block, &old);

	pthread_mutex_lock(&vcpu->mutex);
	vcpu->pub.sigmask = vcpu->has_sigmask ? vcpu->sigmask : old;
	if (vcpu->pub.vm->confidential)
		r = model->vcpu_run(&vcpu->pub);
	else
		r = ordinary_run(vcpu);
	pthread_mutex_unlock(&vcpu->mutex);

	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r;
}

/* ---- the other ioctls ---- */

static long set_signal_mask(struct vcpu *vcpu, unsigned long arg)
{
	struct kvm_signal_mask head;

	vcpu->has_sigmask = false;
	if (!arg)
		return 0;
	if (copy_from_user(&head, (void *)arg, sizeof(head)))
		return -EFAULT;
	if (head.len != KERNEL_SIGSET_SIZE)
		return -EINVAL;
	sigemptyset(&vcpu->sigmask);
	if (copy_from_user(&vcpu->sigmask, (char *)arg + sizeof(head), KERNEL_SIGSET_SIZE))
		return -EFAULT;
	vcpu->has_sigmask = true;
	return 0;
}

static long set_mp_state(struct vcpu *vcpu, unsigned long arg)
{
	struct kvm_mp_state state;

	if (copy_from_user(&state, (void *)arg, sizeof(state)))
		return -EFAULT;
	switch (state.mp_state) {
	case KVM_MP_STATE_RUNNABLE:
		break;
	case KVM_MP_STATE_UNINITIALIZED:
	case KVM_MP_STATE_HALTED:
		if (to_vm(vcpu->pub.vm)->irqchip)
			break;
		/* fall through */
	default:
		return -EINVAL;
	}
	vcpu->mp_state = state;
	return 0;
}

static long ordinary_vcpu_ioctl(struct vcpu *vcpu, unsigned int cmd, unsigned long arg)
{
	struct engine_vcpu *ev = vcpu->pub.engine;
	union {
		struct kvm_regs regs;
		struct kvm_sregs sregs;
	} u;
	void *argp = (void *)arg;
	long r;

	switch (cmd) {
	case KVM_GET_REGS:
		r = engine->get_regs(ev, &u.regs);
		return r ? r : copy_to_user(argp, &u.regs, sizeof(u.regs));
	case KVM_SET_REGS:
		r = copy_from_user(&u.regs, argp, sizeof(u.regs));
		return r ? r : engine->set_regs(ev, &u.regs);
	case KVM_GET_SREGS:
		r = engine->get_sregs(ev, &u.sregs);
		return r ? r : copy_to_user(argp, &u.sregs, sizeof(u.sregs));
	case KVM_SET_SREGS:
		r = copy_from_user(&u.sregs, argp, sizeof(u.sregs));
		return r ? r : engine->set_sregs(ev, &u.sregs);
	case KVM_SET_CPUID2:
		return inproc_set_cpuid2(&vcpu->pub, &vcpu->cpuid, arg);
	case KVM_GET_CPUID2:
		return inproc_get_cpuid2(vcpu->cpuid, arg);
	case KVM_GET_MP_STATE:
		return copy_to_user(argp, &vcpu->mp_state, sizeof(vcpu->mp_state));
	case KVM_SET_MP_STATE:
		return set_mp_state(vcpu, arg);
	case KVM_GET_MSRS:
		return msr_vcpu_access(&vcpu->pub, arg, false);
	case KVM_SET_MSRS:
		return msr_vcpu_access(&vcpu->pub, arg, true);
	case KVM_GET_TSC_KHZ:
		return engine->tsc_khz();
	}
	return diag_unsupported("an ordinary vCPU", cmd, -EINVAL);
}

long inproc_ordinary_vcpu_ioctl(struct inproc_vcpu *vcpu, unsigned int cmd, unsigned long arg)
{
	return ordinary_vcpu_ioctl(to_vcpu(vcpu), cmd, arg);
}

static long vcpu_ioctl(void *obj, unsigned int cmd, unsigned long arg)
{
	struct vcpu *vcpu = obj;
	long r;

	if (to_vm(vcpu->pub.vm)->mm != current_mm())
		return -EIO;
	if (_IOC_TYPE(cmd) != KVMIO)
		return -EINVAL;
	if (cmd == KVM_RUN)
		return run_frame(vcpu, arg);

	pthread_mutex_lock(&vcpu->mutex);
	if (cmd == KVM_SET_SIGNAL_MASK)
		r = set_signal_mask(vcpu, arg);
	else if (vcpu->pub.vm->confidential)
		r = model->vcpu_ioctl(&vcpu->pub, cmd, arg);
	else
		r = ordinary_vcpu_ioctl(vcpu, cmd, arg);
	pthread_mutex_unlock(&vcpu->mutex);
	return r;
}

static void vcpu_release(void *obj)
{
	vm_put(to_vm(((struct vcpu *)obj)->pub.vm));
}

static const struct file_ops vcpu_file_ops = { .ioctl = vcpu_ioctl, .release = vcpu_release };
