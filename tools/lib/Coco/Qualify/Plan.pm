# SPDX-License-Identifier: GPL-2.0-only
#
# The steps of a round, from the machine's nodes and CPUs.  A step has
#	id	its name, by which it is known in the next round, too
#	kind	of tools/qualify/step, or tests
#	vendor	snp or tdx
#	title	in words
#	argv	for tools/qualify/step; of tests, [place, test]
#	memory, cpus	the node whose memory it has, and the one it runs on (where it is one each)
#	seconds	that it is given, before the driver takes it for hung it has many times that
package Coco::Qualify::Plan;

use strict;
use warnings;
use Coco::Qualify::Topology;

*list = \&Coco::Qualify::Topology::list;
*name = \&Coco::Qualify::Topology::name;

# CPUs of a step that goes from one to the next.
use constant CPUS => 16;

sub place
{
	my ($memory, @cpus) = @_;
	return ($memory->{id} // '-') . ':' . (@cpus ? list(@cpus) : '-');
}

sub here { return place($_[0], @{$_[1]{cpus}}); }

# (steps => [...], left_out => [...]) for these vendors; @$tests are [vendor, test] to run.
#	count, seconds	of each kind of exit, and at most so long
#	vms, mib	at once; that are taken away from a node
#	hotplug		CPUs are taken away, too
#	hotplug_why	why not
sub of
{
	my ($topology, $vendors, $tests, %size) = @_;
	my @memory = Coco::Qualify::Topology::with_memory($topology);
	my @cpus = Coco::Qualify::Topology::with_cpus($topology);
	my (@steps, @left_out);

	die "there is no node with memory that this process may use\n" unless @memory;
	die "there is no CPU that this process may use\n" unless @cpus;
	for my $vendor (@$vendors) {
		# A step more; without arguments the last one.
		my $add = sub {
			my ($kind, $id, $title, $at, @more) = @_;
			return $steps[-1] unless defined $kind;
			push @steps, {
				id => join(' ', $vendor, $kind, $id), kind => $kind, vendor => $vendor,
				title => $title, seconds => $size{seconds},
				argv => [$kind, (map { ('--at', $_) } @$at), '--count', $size{count},
					 '--seconds', $size{seconds}],
				@more,
			};
		};
		pairs($add, \@memory, \@cpus);
		each_cpu($add, $topology, \@cpus, $size{count});
		between($add, $topology, \@memory, \@cpus);
		for my $node (@cpus) {
			my $near = Coco::Qualify::Topology::nearest($topology, $node);
			my $id = $node->{id} // '';
			$add->('signals', $id, 'signals, on CPUs of ' . name($node), [here($near, $node)]);
			$add->('certificates', $id, 'certificates are replaced, on CPUs of ' . name($node),
			       [here($near, $node)]) if $vendor eq 'snp';
		}
		$add->('several', 'all', "$size{vms} VMs at once, on all nodes",
		       [map { here(Coco::Qualify::Topology::nearest($topology, $_), $_) } @cpus]);
		push @{$steps[-1]{argv}}, '--vms', $size{vms}, '--count', least($size{count}, 20);
		$add->('limit', 'all', 'as many VMs as there are ' . ($vendor eq 'snp' ? 'ASIDs' : 'KeyIDs'),
		       ['-:-']);
		push @{$steps[-1]{argv}}, '--vms', $size{limit}{$vendor};
		for my $node (@memory) {
			my $mib = $size{mib} // int($node->{free} / 1024 * 0.9);
			$add->('pressure', $node->{id} // '', "launches while $mib MiB of " . name($node) .
			       ' are taken away', [here($node, @{$node->{cpus}} ? $node : $cpus[0])]);
			push @{$steps[-1]{argv}}, '--mib', $mib;
		}
		hotplug($add, $topology, \@cpus) if $size{hotplug};
	}
	my $nr = 0;
	for (@$tests) {
		my ($vendor, $test) = @$_;
		# In the next round on the next node.
		push @steps, { id => "$vendor tests $test", kind => 'tests', vendor => $vendor, title => "test $test",
			       seconds => 10, test => $test, places => [map {
				       my $node = $cpus[($nr + $_) % @cpus];
				       here(Coco::Qualify::Topology::nearest($topology, $node), $node) } 0 .. $#cpus] };
		$nr++;
	}
	push @left_out, 'pairs of nodes, vCPUs of two nodes, and memory that moves from node to node: there is one node'
		if @memory == 1 && @cpus == 1;
	push @left_out, 'memory that moves from node to node: one node has memory' if @memory == 1 && @cpus > 1;
	push @left_out, "CPUs $topology->{offline}: offline" if length $topology->{offline};
	push @left_out, "CPUs $topology->{not_allowed}: this process may not use them" if length $topology->{not_allowed};
	push @left_out, map { name($_) . ': its memory may not be used' } grep { $_->{memory} && !$_->{usable} }
		@{$topology->{nodes}};
	push @left_out, "CPUs that go offline and come back: $size{hotplug_why}" unless $size{hotplug};
	return (steps => \@steps, left_out => \@left_out);
}

sub least { return $_[0] < $_[1] ? $_[0] : $_[1]; }

# Memory of each node, with vCPUs on each.
sub pairs
{
	my ($add, $memory, $cpus) = @_;

	for my $from (@$memory) {
		for my $node (@$cpus) {
			$add->('exits', join('-', map { $_->{id} // '' } $from, $node),
			       'memory of ' . name($from) . ', CPUs of ' . name($node), [here($from, $node)],
			       memory => $from->{id}, cpus => $node->{id});
		}
	}
}

# Each CPU once, with the memory that is nearest: a launch on each.
sub each_cpu
{
	my ($add, $topology, $cpus, $count) = @_;

	for my $node (@$cpus) {
		my $near = Coco::Qualify::Topology::nearest($topology, $node);
		my @left = @{$node->{cpus}};
		while (my @some = splice @left, 0, CPUS) {
			$add->('each-cpu', list(@some), 'a launch on CPU ' . list(@some), [place($near, @some)],
			       memory => $near->{id}, cpus => $node->{id});
			push @{$add->()->{argv}}, '--count', least($count, 10);
		}
	}
}

# vCPUs of two nodes, and one that moves; of one node two CPUs.
sub between
{
	my ($add, $topology, $memory, $cpus) = @_;
	my @ends = map { { node => $_, cpus => $_->{cpus}, name => name($_), id => $_->{id} // '',
			   near => Coco::Qualify::Topology::nearest($topology, $_) } } @$cpus;

	if (@ends == 1) {
		my @of = @{$ends[0]{cpus}};
		@ends = map { { %{$ends[0]}, cpus => [$_], name => "CPU $_", id => "cpu$_" } } @of > 1 ? @of[0, -1] : (@of) x 2;
	}
	for my $from (0 .. $#ends) {
		for my $to (0 .. $#ends) {
			next if $from == $to;
			my ($f, $t) = @ends[$from, $to];
			my @at = map { place($_->{near}, @{$_->{cpus}}) } $f, $t;
			$add->('migrate', "$f->{id}-$t->{id}", "an exit that waits moves from $f->{name} to $t->{name}", \@at);
			$add->('interleave', "$f->{id}-$t->{id}", "vCPUs on $f->{name} and $t->{name}", \@at) if $from < $to;
		}
	}
}

sub hotplug
{
	my ($add, $topology, $cpus) = @_;
	my %can = map { $_ => 1 } @{$topology->{hotplug}};

	for my $node (@$cpus) {
		my $near = Coco::Qualify::Topology::nearest($topology, $node);
		for my $cpu (grep { $can{$_} } @{$node->{cpus}}) {
			$add->('hotplug', $cpu, "CPU $cpu goes offline and comes back", [here($near, $node)],
			       online => "/sys/devices/system/cpu/cpu$cpu/online");
		}
	}
}

1;
