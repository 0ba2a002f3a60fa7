# SPDX-License-Identifier: GPL-2.0-only
#
# What a machine needs to serve as platform hw, and what this one has of it: a line for each,
# with what to do.  Whether it can serve KVM says, when the tests ask; this says why not.
# Nothing is run, loaded or changed.
package Coco::Preconditions;

use strict;
use warnings;
use Coco::HostConfig;

# Another root for /proc, /sys, /dev and so on, with the kernel's log in /dmesg: for the suite's
# own tests.
sub at
{
	return ($ENV{COCO_SYSROOT} // '') . $_[0];
}

# A file's text without the newline at its end; undef if it cannot be read.
sub text
{
	my ($path) = @_;

	open my $fh, '<', at($path) or return undef;
	local $/;
	return (<$fh> // '') =~ s/\n\z//r;
}

# The kernel's log, as far as it can be read.
sub kernel_log
{
	return text('/dmesg') // '' if defined $ENV{COCO_SYSROOT};
	return qx(dmesg 2> /dev/null) // '';
}

sub release
{
	return text('/proc/sys/kernel/osrelease') // 'unknown';
}

# The file with the running kernel's configuration, undef if there is none.
sub running_config
{
	my $release = release();
	for ('/proc/config.gz', "/boot/config-$release", "/lib/modules/$release/config") {
		return at($_) if -r at($_);
	}
	return undef;
}

# 'AMD', 'Intel', or undef for another, with /proc/cpuinfo's words of the first CPU.
sub cpu
{
	my ($first) = split /\n\n/, text('/proc/cpuinfo') // '';
	my %words = ($first // '') =~ /^(\w[^\t:]*?)\s*: (.*)$/mg;
	my %vendors = (AuthenticAMD => 'AMD', HygonGenuine => 'AMD', GenuineIntel => 'Intel');

	$words{flags} = { map { $_ => 1 } split / /, $words{flags} // '' };
	return ($vendors{$words{vendor_id} // ''}, \%words);
}

# Each of these gives what was found, and what to do about it if it does not do: undef if it
# does.  A check that cannot tell says so, with a third word.
use constant UNKNOWN => 'unknown';

sub named
{
	my ($cpu) = @_;
	return "$cpu->{'model name'}, family $cpu->{'cpu family'}, model $cpu->{model}" .
		($cpu->{flags}{hypervisor} ? ', in a virtual machine' : '');
}

use constant NOT_NESTED => 'run on the machine itself: hypervisors do not pass it on to guests';

sub amd_cpu
{
	my ($cpu) = @_;
	my $why = $cpu->{flags}{sev_snp} || $cpu->{'cpu family'} > 0x19 ? undef :
		$cpu->{'cpu family'} < 0x19 ? 'SEV-SNP came with EPYC 7003 (family 25)' : undef;

	return (named($cpu),
		$cpu->{flags}{hypervisor} && !$cpu->{flags}{sev_snp} ? NOT_NESTED : $why);
}

# The kernel takes the flag back unless the BIOS has set memory aside for the RMP.
sub amd_bios
{
	my ($cpu) = @_;
	my ($log) = kernel_log() =~ /((?:SEV-SNP: |SEV: )(?:Memory for the |Segmented )?RMP.*)$/m;

	return ('the CPU flag sev_snp, ' . ($log // 'no word of the RMP in the log'))
		if $cpu->{flags}{sev_snp};
	return ('no CPU flag sev_snp' . (defined $log ? ", '$log'" : ''),
		'in the BIOS: SMEE on, SEV-SNP support on, RMP coverage of all memory, IOMMU on');
}

sub intel_cpu
{
	my ($cpu) = @_;

	return (named($cpu),
		$cpu->{flags}{hypervisor} && !$cpu->{flags}{tdx_host_platform} ?
			NOT_NESTED : undef);
}

sub intel_tme
{
	my ($cpu) = @_;
	my ($log) = kernel_log() =~ /(x86\/tme: .*)$/m;

	return ('the CPU flag tme') if $cpu->{flags}{tme};
	return ($log // 'no CPU flag tme', 'in the BIOS: TME and TME-MT (multi-key) on');
}

# The kernel sets the flag if there are private KeyIDs, which it takes from the BIOS.
sub intel_seam
{
	my ($cpu) = @_;
	my ($log) = kernel_log() =~ /(BIOS enabled: private KeyID range .*)$/m;

	return ('the CPU flag tdx_host_platform' . (defined $log ? ", '$log'" : ''))
		if $cpu->{flags}{tdx_host_platform};
	return ('no CPU flag tdx_host_platform',
		'in the BIOS: TDX on, SEAM loader on, TME-MT keys split so that TDX has some');
}

sub version
{
	my ($major, $minor, $what) = @_;
	my $release = release();

	return ($release, 'the version cannot be read', UNKNOWN) unless $release =~ /^(\d+)\.(\d+)/;
	return ($release, $1 > $major || $1 == $major && $2 >= $minor ? undef :
		"$what came with $major.$minor");
}

use constant NAME_IT => 'tools/check-config FILE, with the .config that it was built with';

sub configuration
{
	my ($top, $vendor) = @_;
	my $file = running_config();

	return ('not to be found', NAME_IT, UNKNOWN) unless defined $file;
	my $options = eval { Coco::HostConfig::read_options($file) };
	if (!$options) {
		chomp(my $why = $@);
		return ($why, NAME_IT, UNKNOWN);
	}
	my @lacks = Coco::HostConfig::lacks($options,
		Coco::HostConfig::wanted("$top/config", $vendor));
	return ($file, @lacks ? 'build it with ' . join(', ', @lacks) : undef);
}

# Command lines that were seen to keep SNP or TDX from coming up.
sub command_line
{
	my @refused = @_;
	my $line = text('/proc/cmdline') // return ('cannot be read', 'look at /proc/cmdline', UNKNOWN);
	my @found = grep { my $word = $_; grep { $word =~ $_ } @refused } split ' ', $line;

	return (@found ? "@found" : 'nothing that stands against it',
		@found ? 'boot without it' : undef);
}

sub parameters
{
	my ($module, @names) = @_;
	my %got = map { $_ => text("/sys/module/$module/parameters/$_") } @names;
	my @off = grep { ($got{$_} // '') !~ /^[Y1]/ } @names;
	my $found = join ' ', map { "$_=" . ($got{$_} // 'absent') } @names;

	return ("$module is not loaded", "modprobe $module " . join ' ', map { "$_=1" } @names)
		unless -d at("/sys/module/$module");
	return ($found) unless @off;
	return ($found, "modprobe -r $module; modprobe $module " . join(' ', map { "$_=1" } @off) .
		"; if it stays so, the kernel's log says why");
}

# ioctl() of <linux/psp-sev.h>: SEV_ISSUE_CMD with SNP_PLATFORM_STATUS.
use constant { SEV_ISSUE_CMD => 0xc0105300, SNP_PLATFORM_STATUS => 9, SNP_API => [1, 51] };

# What firmware says; undef if it cannot be asked.  One that KVM has not started for SNP is not
# asked, since that may start it.
sub snp_firmware_status
{
	return undef unless (text('/sys/module/kvm_amd/parameters/sev_snp') // '') =~ /^[Y1]/;
	return undef unless -c at('/dev/sev') && open my $fh, '<', at('/dev/sev');
	my $status = "\0" x 64;
	my $command = pack 'LQL', SNP_PLATFORM_STATUS, unpack('Q', pack 'P', $status), 0;
	return undef unless ioctl $fh, SEV_ISSUE_CMD, $command;
	my ($major, $minor, undef, undef, $build, undef, $guests) = unpack 'CCCCLLL', $status;
	return ($major, $minor, "build $build, $guests guests");
}

sub snp_firmware
{
	my ($major, $minor, $more) = snp_firmware_status();
	($major, $minor, $more) = kernel_log() =~ /SEV-SNP API:(\d+)\.(\d+) (build:\d+)/
		unless defined $major;
	return ('neither /dev/sev nor the log tells its version',
		'as root it can be asked once kvm_amd has sev_snp=Y', UNKNOWN) unless defined $major;
	my ($least, $of) = @{+SNP_API};
	return ("API $major.$minor, $more",
		$major > $least || $major == $least && $minor >= $of ? undef :
		"SEV firmware with API $least.$of or later, from the BIOS or in /lib/firmware/amd");
}

sub tdx_module
{
	my $version = text('/sys/devices/faux/tdx_host/version');
	my $log = kernel_log();

	return ("version $version") if defined $version;
	return ($1) if $log =~ /((?:TDX[- ]|virt\/tdx: )module initialized)/i;
	return ($1, 'boot with nohibernate') if $log =~ /(virt\/tdx: .*Hibernation.*)$/m;
	return ($1, 'update the TDX module (BIOS, or the EFI system partition)')
		if $log =~ /(virt\/tdx: .*(?:not loaded|failed|upgrade|required).*)$/m;
	return ('neither sysfs nor the log tells of it',
		'look at dmesg as root, after modprobe kvm_intel tdx=1', UNKNOWN);
}

sub device
{
	my ($path) = @_;

	return ("$path does not exist", 'load the modules; see the lines above')
		unless -e at($path);
	return ("$path", 'you may not open it: run as root, or join the group ' .
		(getgrgid((stat at($path))[5]) // 'that it has'))
		unless -r at($path) && -w at($path);
	return "$path can be read and written";
}

# Each job of a run has a case or two with two VMs.
use constant VMS => 8;

# ASIDs and KeyIDs are what the misc controller counts.
sub identifiers
{
	my ($resource, $name, $remedy) = @_;
	my ($capacity) = (text('/sys/fs/cgroup/misc.capacity') // '') =~ /^$resource (\d+)$/m;
	my ($current) = (text('/sys/fs/cgroup/misc.current') // '') =~ /^$resource (\d+)$/m;

	return ('the misc controller counts none',
		"mount cgroup2 with CONFIG_CGROUP_MISC to see; $remedy", UNKNOWN)
		unless defined $capacity;
	my $free = $capacity - ($current // 0);
	return ("$free $name of $capacity are free",
		$free >= VMS ? undef : "at least @{[VMS]}: $remedy");
}

# Bytes in words.
sub size
{
	my ($bytes) = @_;
	return $bytes >= 1 << 30 ? sprintf('%.1f GiB', $bytes / (1 << 30)) : ($bytes >> 20) . ' MiB';
}

use constant { MEMORY => 1 << 30, LOCKED => 64 << 20 };

sub memory
{
	my ($kib) = (text('/proc/meminfo') // '') =~ /^MemAvailable:\s*(\d+) kB/m;

	my $least = 'at least ' . size(MEMORY);
	return ('/proc/meminfo cannot be read', $least, UNKNOWN) unless defined $kib;
	return (size($kib << 10) . ' available', $kib << 10 >= MEMORY ? undef : $least);
}

# KVM pins SEV guests' memory on the account of who runs them, unless that is root.
sub locked_memory
{
	my ($soft) = (text('/proc/self/limits') // '') =~ /^Max locked memory\s+(\S+)/m;

	return ('/proc/self/limits cannot be read', 'see ulimit -l', UNKNOWN) unless defined $soft;
	return ('unlimited') if $soft eq 'unlimited';
	return (size($soft), $soft >= LOCKED || !$> ? undef :
		'ulimit -l ' . (LOCKED >> 10) . ', or run as root');
}

sub huge_pages
{
	my $thp = text('/sys/kernel/mm/transparent_hugepage/enabled') // 'absent';

	return ("transparent_hugepage/enabled: $thp", $thp =~ /\[(?:always|madvise)\]/ ? undef :
		'echo madvise to that file, or guests have small pages only');
}

# Sub, arguments; the words before are the line's name.
my @memory = (
	['memory', \&memory],
	['huge pages', \&huge_pages],
);
my %tables = (
	AMD => [
		['CPU', \&amd_cpu, 'cpu'],
		['BIOS', \&amd_bios, 'cpu'],
		['kernel', \&version, 6, 11, 'SNP hosts'],
		['configuration', \&configuration, 'top', 'AMD'],
		['command line', \&command_line, qr/^iommu=(?:pt|off)$/, qr/^iommu\.passthrough=1$/,
			qr/^amd_iommu=off$/, qr/^mem_encrypt=off$/,
			qr/^kvm_amd\.sev(?:_es|_snp)?=[0Nn]/],
		['module', \&parameters, 'kvm_amd', qw(sev sev_es sev_snp)],
		['firmware', \&snp_firmware],
		['/dev/kvm', \&device, '/dev/kvm'],
		['/dev/sev', \&device, '/dev/sev'],
		['ASIDs', \&identifiers, 'sev_es', 'ASIDs of SEV-ES and SNP',
			'end other guests, or raise "SEV-ES ASID space limit" in the BIOS'],
		['locked memory', \&locked_memory],
		@memory,
	],
	Intel => [
		['CPU', \&intel_cpu, 'cpu'],
		['BIOS, TME-MT', \&intel_tme, 'cpu'],
		['BIOS, SEAM', \&intel_seam, 'cpu'],
		['kernel', \&version, 6, 16, 'TDX hosts'],
		['configuration', \&configuration, 'top', 'Intel'],
		['command line', \&command_line, qr/^kvm_intel\.tdx=[0Nn]/, qr/^nox2apic$/],
		['module', \&parameters, 'kvm_intel', 'tdx'],
		['TDX module', \&tdx_module],
		['/dev/kvm', \&device, '/dev/kvm'],
		['KeyIDs', \&identifiers, 'tdx', 'private KeyIDs',
			'end other TDs, or give TDX more in the BIOS'],
		@memory,
	],
);

# The preconditions of this machine: a list of hashes, name, found, remedy (none: it is met) and
# unknown (it cannot be told).  $top is the repository.
sub of_machine
{
	my ($top) = @_;
	my ($vendor, $cpu) = cpu();
	my %arguments = (cpu => $cpu, top => $top);

	return ({ name => 'CPU', found => $cpu->{vendor_id} // 'unknown',
		  remedy => 'an AMD EPYC with SEV-SNP, or an Intel Xeon with TDX' }) unless $vendor;
	my @lines = map {
		my ($name, $check, @arguments) = @$_;
		my ($found, $remedy, $unknown) =
			$check->(map { $arguments{$_} // $_ } @arguments);
		{ name => $name, found => $found, remedy => $remedy, unknown => $unknown };
	} @{$tables{$vendor}};
	# No BIOS helps a CPU that cannot.
	return grep { !defined $lines[0]{remedy} || $_->{name} !~ /^BIOS/ } @lines;
}

# The requirements that no case can check on hardware: what is not seen there, by id.
sub unseen
{
	my ($top) = @_;
	my %unseen;

	open my $fh, '<', "$top/tools/hardware-unseen" or die "cannot read tools/hardware-unseen: $!\n";
	while (my $line = <$fh>) {
		next unless $line =~ /^([A-Z].*?) \| (.*)$/;
		$unseen{$_} = $2 for split / /, $1;
	}
	return \%unseen;
}

# The same as lines of text.
sub lines
{
	my @all = of_machine(@_);
	my ($vendor) = cpu();
	my %words = (AMD => 'SEV-SNP', Intel => 'TDX');
	my @missing = grep { defined $_->{remedy} && !$_->{unknown} } @all;

	return ('platform hw here: ' . ($vendor ? "$words{$vendor}, " : '') .
			(@missing ? scalar(@missing) . ' of ' . @all . ' preconditions not met' :
			 'all preconditions met that can be told'),
		map {
			my $remedy = $_->{remedy};
			my $word = !defined $remedy ? 'met' : $_->{unknown} ? 'unknown' : 'MISSING';
			sprintf '  %-8s %-14s %s%s', $word, $_->{name}, $_->{found},
				defined $remedy ? ": $remedy" : ''
		} @all);
}

1;
