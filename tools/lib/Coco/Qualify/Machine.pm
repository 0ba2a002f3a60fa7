# SPDX-License-Identifier: GPL-2.0-only
#
# What is qualified: the machine, its firmware and its kernel, as far as they can be told.
package Coco::Qualify::Machine;

use strict;
use warnings;
use Coco::Preconditions;
use Coco::Results;
use Digest::SHA qw(sha256_hex);
use POSIX ();

*text = \&Coco::Preconditions::text;

sub dmi
{
	my $text = text("/sys/class/dmi/id/$_[0]");
	return defined $text && length $text ? Coco::Results::text($text) : undef;
}

sub boot { return text('/proc/sys/kernel/random/boot_id') // ''; }

# { machine, firmware, kernel }; $tree: image.sh's words of the kernel under test, on src.
sub of_machine
{
	my ($topology, $tree) = @_;
	my ($vendor, $cpu) = Coco::Preconditions::cpu();
	my (undef, undef, $release, $version) = POSIX::uname();
	my $config = Coco::Preconditions::running_config();
	my $hw = !$tree;
	my $config_sum;

	if (defined $config && open my $fh, '<', $config) {
		local $/;
		$config_sum = sha256_hex(<$fh>);
	}
	my ($snp) = $hw && ($vendor // '') eq 'AMD' ? Coco::Preconditions::snp_firmware() : ();
	my ($tdx) = $hw && ($vendor // '') eq 'Intel' ? Coco::Preconditions::tdx_module() : ();

	return {
		machine => {
			(map { $_ => dmi($_) } qw(sys_vendor product_name board_name)),
			cpu => Coco::Results::text($cpu->{'model name'}),
			(map { $_->[0] => $cpu->{$_->[1]} } ['family', 'cpu family'], ['model', 'model'], ['stepping', 'stepping']),
			serial => dmi('product_serial'),
			host => (POSIX::uname())[1],
			%$topology,
		},
		firmware => {
			bios => join(' ', grep { defined } map { dmi($_) } qw(bios_vendor bios_version bios_date)) || undef,
			microcode => $cpu->{microcode},
			$hw ? (sev_snp => $snp, tdx_module => $tdx) :
				(models => 'of the in-process KVM: this suite\'s, no firmware of this machine'),
		},
		kernel => {
			$tree ? (under_test => join(' + ', $tree->{TREE}, grep { length } $tree->{PATCHES}),
				 image => $tree->{IMAGE} =~ s{.*/}{}r) : (under_test => "$release, this machine's"),
			release => $release, version => $version,
			command_line => Coco::Results::text(text('/proc/cmdline')),
			config => $config,
			config_sha256 => $config_sum,
		},
	};
}

# What must be the same for what was done before to count: whatever else may change by a reboot.
sub identity
{
	my ($of) = @_;
	return { (map { $_ => $of->{machine}{$_} } qw(cpu serial online)), nodes => scalar @{$of->{machine}{nodes}},
		 (map { $_ => $of->{firmware}{$_} } qw(bios microcode sev_snp tdx_module)),
		 (map { $_ => $of->{kernel}{$_} } qw(under_test release version)) };
}

1;
