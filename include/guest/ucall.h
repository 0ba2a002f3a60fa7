/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libkvm's ucall for confidential guests; replaces its lib/x86_64/ucall.c at link time (our
 * objects come before libkvm.a): lib/guest/ucall.c the guest's half, lib/exits/ucall.c the
 * host's.
 *
 * libkvm's own ucall hands the struct's address over in a register, which the VMM cannot
 * read of a confidential guest.  Here the address is data of a port write, and the VMM finds
 * it in kvm_run's I/O buffer: from an SNP guest a string OUT (NAE event IOIO) of two 32-bit
 * elements, from a TD one OUT of 32 bits (TDG.VP.VMCALL<Instruction.IO> takes no more).
 *
 * An SNP vCPU's GHCB must be registered, and its contents are lost: code under test copies
 * an answer out of the GHCB before it makes a ucall.
 */
#ifndef GUEST_UCALL_H
#define GUEST_UCALL_H

#define UCALL_PIO_PORT	0x1000

#endif
