#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the kernel-side glue has to know of a tree, found in its headers: prints the
# glue_probe.h that it is compiled with, or the glue_uapi.h, which patches change more often
# and one file includes.
#
#	tools/image/probe.sh probe|uapi TREE
set -eu

what=$1 tree=$2

# NAME, a regular expression of a line of FILE
has()
{
	[ ! -e "$tree/$3" ] || ! grep -qE "$2" "$tree/$3" || echo "#define $1 1"
}

# The same of a header as one line, for what spans lines.
has_text()
{
	[ ! -e "$tree/$3" ] || ! tr -s '\n\t ' ' ' < "$tree/$3" | grep -qE "$2" || echo "#define $1 1"
}

# Numbers of the uAPI headers that tests compare with their own, if the tree has them:
# by name, as a macro N of all, since an enumerator is nothing to #ifdef.
uapi_numbers()
{
	local name names=(
		KVM_CAP_EXIT_COCO KVM_CAP_EXIT_SNP_REQ_CERTS
		KVM_EXIT_COCO KVM_EXIT_COCO_REQ_CERTS KVM_EXIT_SNP_REQ_CERTS
		KVM_SEV_SNP_ENABLE_REQ_CERTS KVM_X86_SEV_SNP_REQ_CERTS
	)

	printf '#define UAPI_NUMBERS(N)'
	for name in "${names[@]}"; do
		if grep -qE "^[[:space:]]*(#[[:space:]]*define[[:space:]]+$name[[:space:]]|$name[[:space:]]*[,=])" \
			"$tree/include/uapi/linux/kvm.h" "$tree/arch/x86/include/uapi/asm/kvm.h"
		then
			printf ' N(%s)' "$name"
		fi
	done
	echo
}

if [ "$what" = uapi ]; then
	uapi_numbers
	exit
fi
has HAVE_FILE_REF 'file_ref_t' include/linux/file_ref.h
has HAVE_MAPPING_PRIVATE_LIST 'struct list_head[[:space:]]+i_private_list;' include/linux/fs.h
has HAVE_FD_WORD 'unsigned long word' include/linux/file.h
has HAVE_MISC_CG_RES_TDX 'MISC_CG_RES_TDX,' include/linux/misc_cgroup.h
has HAVE_PCPU_HOT 'struct pcpu_hot' arch/x86/include/asm/current.h
has_text HAVE_XFER_WORK_VCPU 'xfer_to_guest_mode_handle_work\(struct kvm_vcpu' include/linux/entry-kvm.h
has_text HAVE_XFER_WORK_VCPU 'xfer_to_guest_mode_handle_work\(struct kvm_vcpu' include/linux/entry-virt.h
has_text HAVE_KVMALLOC_ALIGN '__kvmalloc_node_noprof\([^;]*align' include/linux/slab.h
