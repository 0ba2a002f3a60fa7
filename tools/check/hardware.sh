#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What is said of a machine for platform hw: of machines made of files, each with all that is
# needed but for one thing; and the options in "config" against the trees' Kconfig.
. "$(dirname "$0")/lib.sh"

amd_flags='fpu svm sev sev_es sev_snp'
intel_flags='fpu vmx tme tdx_host_platform'

# machine VENDOR: $TMP/root becomes a machine on which nothing is missing.
machine()
{
	local root=$TMP/root vendor=$1 family=25 model=1 flags=$amd_flags
	rm -rf "$root"
	mkdir -p "$root"/{dev,boot} "$root"/proc/{self,sys/kernel} "$root/sys/fs/cgroup" \
		"$root/sys/kernel/mm/transparent_hugepage"
	touch "$root/dev/kvm"
	echo 6.19.3 > "$root/proc/sys/kernel/osrelease"
	echo "root=/dev/sda1 quiet" > "$root/proc/cmdline"
	cp "$ROOT/config" "$root/boot/config-6.19.3"
	echo "MemAvailable:   16000000 kB" > "$root/proc/meminfo"
	echo "Max locked memory         unlimited            unlimited            bytes" \
		> "$root/proc/self/limits"
	echo "always [madvise] never" > "$root/sys/kernel/mm/transparent_hugepage/enabled"
	if [ "$vendor" = AuthenticAMD ]; then
		touch "$root/dev/sev"
		mkdir -p "$root/sys/module/kvm_amd/parameters"
		for name in sev sev_es sev_snp; do
			echo Y > "$root/sys/module/kvm_amd/parameters/$name"
		done
		printf 'sev 410\nsev_es 99\n' > "$root/sys/fs/cgroup/misc.capacity"
		printf 'sev 0\nsev_es 3\n' > "$root/sys/fs/cgroup/misc.current"
		cat > "$root/dmesg" <<-END
		[    0.5] SEV-SNP: RMP table physical range [0x000000005dc00000 - 0x000000006e3fffff]
		[    9.1] ccp 0000:22:00.1: SEV-SNP API:1.55 build:21
		END
	else
		family=6 model=207 flags=$intel_flags
		mkdir -p "$root/sys/module/kvm_intel/parameters" "$root/sys/devices/faux/tdx_host"
		echo Y > "$root/sys/module/kvm_intel/parameters/tdx"
		echo 1.5.24 > "$root/sys/devices/faux/tdx_host/version"
		echo "tdx 31" > "$root/sys/fs/cgroup/misc.capacity"
		echo "tdx 0" > "$root/sys/fs/cgroup/misc.current"
		: > "$root/dmesg"
	fi
	cpu "$vendor" "$family" "$model" "$flags"
}

cpu()	# VENDOR FAMILY MODEL FLAGS
{
	cat > "$TMP/root/proc/cpuinfo" <<-END
	processor	: 0
	vendor_id	: $1
	cpu family	: $2
	model		: $3
	model name	: a CPU
	flags		: $4

	processor	: 1
	vendor_id	: $1
	END
}

# What run_tests.sh --platform hw --list begins with.
preconditions()
{
	"$@" perl -I"$ROOT/tools/lib" -MCoco::Preconditions \
		-e 'print map "$_\n", Coco::Preconditions::lines($ARGV[0])' "$ROOT" < /dev/null
}

# says PATTERN...: the lines of the machine match these, and "MISSING" and "unknown" no others.
says()
{
	local pattern
	COCO_SYSROOT=$TMP/root preconditions > "$TMP/said" 2>&1 || { cat "$TMP/said"; return 1; }
	for pattern; do
		grep -qE -e "$pattern" "$TMP/said" && continue
		echo "nothing matches '$pattern' in:"
		cat "$TMP/said"
		return 1
	done
	[ "$(grep -cE '^  (MISSING|unknown) ' "$TMP/said")" = $# ] && return
	echo "$# lines were to say what is wrong:"
	cat "$TMP/said"
	return 1
}

# lacks VENDOR CHANGE PATTERN...: where a machine is without one thing the line says so.
lacks()
{
	machine "$1"
	(cd "$TMP/root" && eval "$2") || return
	says "${@:3}"
}

all_met()
{
	machine "$1"
	says && grep -q "^platform hw here: $2, all preconditions met" "$TMP/said"
}

amd=AuthenticAMD
intel=GenuineIntel
ok "amd: all is there" all_met $amd SEV-SNP
ok "intel: all is there" all_met $intel TDX

# What is missing, how it comes to be, and the line.
while IFS='|' read -r what vendor change pattern; do
	[ -n "$what" ] || continue
	ok "$vendor: $what" lacks "${!vendor}" "$change" "$pattern"
done <<'END'
a CPU without SNP|amd|cpu $amd 23 49 "fpu svm sev sev_es"; sed -i /RMP/d dmesg|MISSING +CPU +a CPU, family 23, .*EPYC 7003
a virtual machine|amd|cpu $amd 25 1 "fpu svm hypervisor"|MISSING +CPU .*in a virtual machine: run on the machine itself
BIOS without RMP|amd|cpu $amd 25 1 "fpu svm sev sev_es"; echo "SEV-SNP: Memory for the RMP table has not been reserved by BIOS" > dmesg; echo "SEV-SNP API:1.55 build:1" >> dmesg|MISSING +BIOS +no CPU flag sev_snp, .*has not been reserved.*: in the BIOS: SMEE
an old kernel|amd|echo 6.9.1 > proc/sys/kernel/osrelease; mv boot/config-6.19.3 boot/config-6.9.1|MISSING +kernel +6.9.1: SNP hosts came with 6.11
an option|amd|sed -i s/CONFIG_CRYPTO_DEV_SP_PSP=y/#/ boot/config-*|MISSING +configuration .*build it with CONFIG_CRYPTO_DEV_SP_PSP=y \(it is n\)$
a module where it has to be built in|amd|sed -i s/CONFIG_KVM_AMD_SEV=y/CONFIG_KVM_AMD_SEV=m/ boot/config-*|MISSING +configuration .*build it with CONFIG_KVM_AMD_SEV=y \(it is m\)$
no configuration|amd|rm boot/config-*|unknown +configuration +not to be found: tools/check-config
one that is none|amd|echo > boot/config-6.19.3|unknown +configuration .*is no kernel configuration
passthrough|amd|echo "quiet iommu=pt" > proc/cmdline|MISSING +command line +iommu=pt: boot without it
no module|amd|rm -r sys/module/kvm_amd|MISSING +module +kvm_amd is not loaded: modprobe kvm_amd sev=1 sev_es=1 sev_snp=1
a parameter|amd|echo N > sys/module/kvm_amd/parameters/sev_snp|MISSING +module +sev=Y sev_es=Y sev_snp=N: .*modprobe kvm_amd sev_snp=1
old firmware|amd|sed -i s/1.55/1.49/ dmesg|MISSING +firmware +API 1.49, build:21: .*1.51 or later
a log that nobody may read|amd|rm dmesg|unknown +firmware +neither /dev/sev nor the log
no /dev/sev|amd|rm dev/sev|MISSING +/dev/sev +/dev/sev does not exist
no /dev/kvm|amd|rm dev/kvm|MISSING +/dev/kvm +/dev/kvm does not exist
ASIDs|amd|echo "sev_es 97" > sys/fs/cgroup/misc.current|MISSING +ASIDs +2 ASIDs .* of 99 are free: at least 8
no misc controller|amd|rm sys/fs/cgroup/misc.*|unknown +ASIDs +the misc controller counts none
memory|amd|echo "MemAvailable: 200000 kB" > proc/meminfo|MISSING +memory +195 MiB available: at least 1.0 GiB
huge pages|amd|echo "always madvise [never]" > sys/kernel/mm/transparent_hugepage/enabled|MISSING +huge pages
TME|intel|cpu $intel 6 207 "fpu vmx tdx_host_platform"; echo "x86/tme: not enabled by BIOS" > dmesg|MISSING +BIOS, TME-MT +x86/tme: not enabled by BIOS: in the BIOS
SEAM|intel|cpu $intel 6 207 "fpu vmx tme"|MISSING +BIOS, SEAM +no CPU flag tdx_host_platform: in the BIOS
an old kernel|intel|echo 6.12.9 > proc/sys/kernel/osrelease; mv boot/config-6.19.3 boot/config-6.12.9|MISSING +kernel +6.12.9: TDX hosts came with 6.16
the parameter|intel|echo N > sys/module/kvm_intel/parameters/tdx|MISSING +module +tdx=N: .*modprobe kvm_intel tdx=1
hibernation|intel|rm sys/devices/faux/tdx_host/version; echo "virt/tdx: initialization failed: Hibernation support is enabled" > dmesg|MISSING +TDX module .*Hibernation.*: boot with nohibernate
an old TDX module|intel|rm sys/devices/faux/tdx_host/version; echo "virt/tdx: frame pointer (RBP) clobber bug present, upgrade TDX module" > dmesg|MISSING +TDX module .*upgrade TDX module: update the TDX module
KeyIDs|intel|echo "tdx 30" > sys/fs/cgroup/misc.current|MISSING +KeyIDs +1 private KeyIDs of 31 are free
END

another_vendor()
{
	machine $amd
	cpu CentaurHauls 7 59 fpu
	says 'MISSING +CPU +CentaurHauls: an AMD EPYC with SEV-SNP, or an Intel Xeon with TDX'
}
ok "neither vendor" another_vendor

# Nobody's log tells what root's does; nor are devices root's to be refused.
refused()
{
	machine $amd
	chmod 600 "$TMP/root/dev/sev"
	chmod 755 "$TMP"
	[ "$(id -u)" = 0 ] || { chmod 0 "$TMP/root/dev/sev"; says 'MISSING +/dev/sev .*you may not open it'; return; }
	COCO_SYSROOT=$TMP/root preconditions setpriv --reuid 65534 --clear-groups |
		grep -q 'MISSING  /dev/sev .*you may not open it'
}
# Somebody has to be there whom the checkout lets in: it may lie in root's own directory.
if [ "$(id -u)" = 0 ] && ! setpriv --reuid 65534 --clear-groups test -r "$ROOT/tools/lib/Coco/Preconditions.pm"; then
	skip "amd: permissions" "nobody may read the checkout"
else
	ok "amd: permissions" refused
fi

listed()
{
	machine $intel
	COCO_SYSROOT=$TMP/root expect 0 "platform hw here: TDX, all preconditions met" \
		"$ROOT/run_tests.sh" --platform hw --list tdx_cpuid_test
}
ok "before the list of the tests" listed

# A run on a machine that can't serve, such as this one, explains itself.
nothing()
{
	machine $amd
	rm -r "$TMP/root/sys/module/kvm_amd"
	COCO_SYSROOT=$TMP/root expect 4 "MISSING  module" "$ROOT/run_tests.sh" --platform hw \
		--out "$TMP/hw" tdx_cpuid_test snp_psc_test
}
if grep -qs '^[Y1]' /sys/module/kvm_amd/parameters/sev_snp /sys/module/kvm_intel/parameters/tdx; then
	skip "nothing can be run" "this machine has the hardware"
else
	ok "nothing can be run" nothing
fi

# configured KDIR: with "config" on top of the tree's default, kconfig keeps each line of it, but
# for those of a vendor that the tree does not have hosts of.
configured()
{
	local kdir=$1 slot lacking
	slot=$("$ROOT/tools/image.sh" --out "$BUILD" --kdir "$kdir" 2> "$TMP/log" | sed -n 's/^SLOT=//p')
	[ -n "$slot" ] || { cat "$TMP/log"; return 1; }
	kdir=$(readlink -f "$kdir")
	cat "$slot/farm$kdir/arch/x86/configs/x86_64_defconfig" "$ROOT/config" > "$TMP/config"
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$slot/farm$kdir" O="$slot/farm$kdir/obj" ARCH=x86_64 \
		KCONFIG_CONFIG="$TMP/config" olddefconfig > "$TMP/log" 2>&1 ||
		{ cat "$TMP/log"; return 1; }
	expect 0 "AMD: all that is wanted is there" "$ROOT/tools/check-config" --vendor amd "$TMP/config" ||
		return
	grep -q '^config KVM_INTEL_TDX$' "$kdir/arch/x86/kvm/Kconfig" || return 0
	expect 0 "Intel: all that is wanted is there" "$ROOT/tools/check-config" --vendor intel "$TMP/config"
}
ok "6.12's Kconfig" configured "$BUILD/linux-source-6.12"
if [ -n "${CHECK_KDIR:-}" ]; then
	ok "the newest tree's Kconfig" configured "$CHECK_KDIR"
else
	skip "the newest tree's Kconfig" "no newest kernel was fetched"
fi

check=$ROOT/tools/check-config
lacking()
{
	sed 's/CONFIG_KVM_AMD=m/CONFIG_KVM_AMD=y/; s/CONFIG_INTEL_TDX_HOST=y/# CONFIG_INTEL_TDX_HOST is not set/' \
		"$ROOT/config" | gzip > "$TMP/config.gz"
	expect 1 "config.gz: Intel: wanted CONFIG_INTEL_TDX_HOST=y (it is n)" "$check" "$TMP/config.gz" &&
		expect 0 "AMD: all that is wanted" "$check" --vendor amd "$TMP/config.gz"
}
ok "check-config: what lacks, gzip, built in for a module" lacking
ok "check-config: no such file" expect 2 "cannot read $TMP/none" "$check" "$TMP/none"
ok "check-config: no configuration" expect 2 "is no kernel configuration" "$check" "$ROOT/COPYING"
ok "check-config: no vendor" expect 2 "'via' is not amd or intel" "$check" --vendor via
finish
