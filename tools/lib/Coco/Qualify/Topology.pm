# SPDX-License-Identifier: GPL-2.0-only
#
# Nodes, their memory and CPUs, as sysfs has them and as this process may use them.
package Coco::Qualify::Topology;

use strict;
use warnings;
use Coco::Preconditions;

# "0-3,8" as numbers, and numbers as that.
sub numbers
{
	return map { /^(\d+)-(\d+)$/ ? $1 .. $2 : /^\d+$/ ? $_ : () } split /,/, $_[0] // '';
}

sub list
{
	my (@runs);

	for (sort { $a <=> $b } @_) {
		if (@runs && $runs[-1][1] == $_ - 1) {
			$runs[-1][1] = $_;
		} else {
			push @runs, [$_, $_];
		}
	}
	return join ',', map { $_->[0] == $_->[1] ? $_->[0] : "$_->[0]-$_->[1]" } @runs;
}

# What of @$there the list in /proc/self/status lets this process use; all where it says nothing.
sub allowed
{
	my ($name, @there) = @_;
	my ($may) = (Coco::Preconditions::text('/proc/self/status') // '') =~ /^${name}_allowed_list:\s*(\S+)/m;
	my %may = map { $_ => 1 } numbers($may);

	return defined $may ? grep { $may{$_} } @there : @there;
}

# { nodes: [{ id, cpus, memory, free (KiB), distances, usable }], offline, not_allowed } with CPUs as
# numbers.  A kernel without NUMA has one node, whose id is undef.
sub of_machine
{
	my $cpus = '/sys/devices/system/cpu';
	my @online = numbers(Coco::Preconditions::text("$cpus/online") // '0');
	my @usable = allowed('Cpus', @online);
	my %usable = map { $_ => 1 } @usable;
	my @ids = numbers(Coco::Preconditions::text('/sys/devices/system/node/online'));
	my %memory = map { $_ => 1 } allowed('Mems', @ids);
	my @nodes;

	for my $id (@ids) {
		my $dir = "/sys/devices/system/node/node$id";
		my $info = Coco::Preconditions::text("$dir/meminfo") // '';
		my ($total) = $info =~ /MemTotal:\s*(\d+) kB/;
		my ($free) = $info =~ /MemFree:\s*(\d+) kB/;

		push @nodes, {
			id => $id + 0, memory => ($total // 0) + 0, free => ($free // 0) + 0,
			cpus => [grep { $usable{$_} } numbers(Coco::Preconditions::text("$dir/cpulist"))],
			distances => [map { $_ + 0 } split ' ', Coco::Preconditions::text("$dir/distance") // ''],
			usable => $memory{$id} ? 1 : 0,
		};
	}
	if (!@nodes) {
		my ($kib) = (Coco::Preconditions::text('/proc/meminfo') // '') =~ /^MemFree:\s*(\d+) kB/m;
		push @nodes, { id => undef, memory => ($kib // 0) + 0, free => ($kib // 0) + 0,
			       cpus => [@usable], distances => [10], usable => 1 };
	}
	return {
		nodes => \@nodes,
		online => list(@online),
		offline => list(numbers(Coco::Preconditions::text("$cpus/offline"))),
		not_allowed => list(grep { !$usable{$_} } @online),
		# CPUs that can be taken away.
		hotplug => [grep { -e Coco::Preconditions::at("$cpus/cpu$_/online") } @usable],
	};
}

sub with_memory { return grep { $_->{memory} && $_->{usable} } @{$_[0]{nodes}}; }
sub with_cpus { return grep { @{$_->{cpus}} } @{$_[0]{nodes}}; }

# The node whose memory is nearest to a node's CPUs.
sub nearest
{
	my ($topology, $node) = @_;
	my @all = @{$topology->{nodes}};
	my %at = map { ($all[$_]{id} // '') => $_ } 0 .. $#all;
	my $distance = sub { $node->{distances}[$at{$_[0]{id} // ''}] // 255 };

	return (sort { $distance->($a) <=> $distance->($b) } with_memory($topology))[0];
}

sub name { return defined $_[0]{id} ? "node $_[0]{id}" : 'the memory'; }

1;
