# SPDX-License-Identifier: GPL-2.0-only
#
# The record of a qualification, record.json (tools/results/README), from what was done.
package Coco::Qualify::Record;

use strict;
use warnings;
use Coco::Results;
use JSON::PP ();
use POSIX ();

use constant { SCHEMA => 'kvm-coco-selftests-qualification', VERSION => 1 };

# Where each exit has the node pair's own latency, without anything beside it.
my %plain = map { $_ => 1 } qw(exits each-cpu);

sub date { return POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]); }

# ---- latencies ----

sub join_latency
{
	my ($to, $from) = @_;

	return unless $from->{n};
	$to->{min} = $from->{min} if !$to->{n} || $from->{min} < $to->{min};
	$to->{max} = $from->{max} if $from->{max} > ($to->{max} // 0);
	$to->{$_} += $from->{$_} for qw(n sum);
	$to->{steps}{$_} += $from->{steps}{$_} for keys %{$from->{steps}};
}

# The least of the step in which the part of them that is that fast ends: within a fifth.
sub quantile
{
	my ($latency, $part) = @_;
	my $left = $part * $latency->{n};

	for my $least (sort { $a <=> $b } keys %{$latency->{steps}}) {
		$left -= $latency->{steps}{$least};
		return $least + 0 if $left <= 0;
	}
	return $latency->{max};
}

sub summed
{
	my ($latency) = @_;
	return { %$latency, mean => int($latency->{sum} / $latency->{n}),
		 p50 => quantile($latency, 0.5), p99 => quantile($latency, 0.99) };
}

# Each exit with its way: by pairs of nodes, under each kind of load, and the slowest.
sub exits
{
	my (@results) = @_;
	my (%of, @order);

	for my $r (grep { $_->{measured} } @results) {
		my @all = map { my $e = $_; map { [$e->{name}, $_, $e->{$_}] } qw(to_vmm to_guest) } @{$r->{measured}{exits}};
		push @all, map { [$_, 'whole', $r->{measured}{$_}] } $r->{kind} eq 'limit' ? () : qw(launch destroy);
		for (@all) {
			my ($name, $way, $latency) = @$_;
			my $key = "$r->{vendor} $name $way";

			next unless $latency->{n};
			push @order, $key unless $of{$key};
			my $exit = $of{$key} //= { vendor => $r->{vendor}, name => $name, way => $way, pairs => {}, load => {} };
			my $at = $plain{$r->{kind}} ? $exit->{pairs}{join ' ', map { $_ // '-' } @$r{qw(memory cpus)}} //=
				{ memory => $r->{memory}, cpus => $r->{cpus} } : $exit->{load}{$r->{kind}} //= { kind => $r->{kind} };
			join_latency($at, $latency);
			next if $exit->{slowest} && $exit->{slowest}{ns} >= $latency->{max};
			$exit->{slowest} = { ns => $latency->{max}, step => $r->{id}, title => $r->{title},
					     round => $r->{round}, ended => date($r->{time}) };
		}
	}
	return [map {
		my $exit = $of{$_};
		+{ %$exit, map { my $what = $_; $what => [map { summed($exit->{$what}{$_}) }
				sort { by_numbers($a, $b) } keys %{$exit->{$what}}] } qw(pairs load) }
	} @order];
}

sub by_numbers
{
	my ($l, $r) = map { [split / /, $_[$_]] } 0, 1;
	no warnings 'numeric';
	return $l->[0] <=> $r->[0] || ($l->[1] // 0) <=> ($r->[1] // 0) || $_[0] cmp $_[1];
}

# ---- the verdict ----

sub plural { return "$_[0] $_[1]" . ($_[0] == 1 ? '' : 's'); }

# What speaks against the machine.
sub reasons
{
	my ($state, $exits, $results, $limit) = @_;
	my @failed = grep { $_->{status} eq 'fail' } @$results;
	my @bad = grep { $_->{bad} } map { @{$_->{log}} } @$results;
	my @down = grep { $_->{down} } $state->broken_off;
	my @slow = grep { $_->{slowest}{ns} > $limit * 1e9 } grep { $_->{way} =~ /^to_/ } @$exits;

	return (
		(map { "$_->{title}, round $_->{round}: " . ($_->{text}[0] // 'failed') } @failed),
		(map { "the machine went down during '$_->{step}', round $_->{round}" } @down),
		(map { sprintf "%s, %s took %.3f s, more than %s s: %s, round %d", $_->{name}, way($_->{way}),
			$_->{slowest}{ns} / 1e9, $limit, $_->{slowest}{title}, $_->{slowest}{round} } @slow),
		@bad ? plural(scalar @bad, 'line') . ' of the kernel\'s log that should not be there, the first: ' .
			$bad[0]{text} : (),
	);
}

sub way { return { to_vmm => 'from the guest to the VMM', to_guest => 'from the answer to the guest' }->{$_[0]} // ''; }

# What is not known for all that.
sub lacks
{
	my ($state, $rounds, $results) = @_;
	my $wanted = $state->{begun}{options}{rounds};
	my @not = grep { $_->{status} eq 'undone' } @$results;
	my $sessions = grep { $_->{event} eq 'session' } $state->events;

	return (
		$wanted && $rounds < $wanted ? "$rounds of " . plural($wanted, 'round') . ' done' : (),
		!$wanted && !$rounds ? 'no round was done to its end' : (),
		(map { "$_->{title}, round $_->{round}: could not be done: " . ($_->{text}[0] // '') } @not),
		(map { "'$_->{step}', round $_->{round}, was broken off, not stopped" } grep { !$_->{down} } $state->broken_off),
	);
}

# ---- all of it ----

# $of: what Coco::Qualify::Machine says; $more has log_missing, done (all that was wanted), root.
sub of_state
{
	my ($state, $of, %more) = @_;
	my @results = $state->results;
	my $begun = $state->{begun};
	my $rounds = int(@results / @{$begun->{plan}{steps}});
	my $exits = exits(@results);
	my @reasons = reasons($state, $exits, \@results, $begun->{options}{limit});
	my @lacks = (lacks($state, $rounds, \@results), $more{done} ? () : 'it was stopped before its end');
	my %n = map { my $s = $_; $s => scalar grep { $_->{status} eq $s } @results } qw(pass fail skip undone);
	my (%kinds, %tests);

	for my $r (@results) {
		my $kind = $kinds{$r->{kind}} //= { kind => $r->{kind}, pass => 0, fail => 0, skip => 0, undone => 0, exits => 0,
			map { $_ => 0 } qw(seconds vms interrupted moved_pages retried replaced switched) };
		$kind->{$r->{status}}++;
		$kind->{seconds} += $r->{seconds};
		my $m = $r->{measured} // {};
		$kind->{exits} += $_->{to_guest}{n} // 0 for @{$m->{exits} // []};
		$kind->{$_} += $m->{$_} // 0 for qw(vms interrupted moved_pages retried replaced switched);
		$tests{$_} += $r->{cases}{$_} for keys %{$r->{cases} // {}};
	}
	return {
		schema => SCHEMA, version => VERSION, suite => Coco::Results::suite($more{root}),
		verdict => @reasons ? 'not qualified' : @lacks ? 'incomplete' : 'qualified',
		reasons => \@reasons, lacks => \@lacks,
		signed_off => $more{signed_off} // undef,
		started => $begun->{started}, ended => date((($state->events)[-1] // { time => time })->{time}),
		seconds => Coco::Results::seconds($state->seconds), sessions => sessions($state),
		options => $begun->{options}, platform => $begun->{platform},
		rounds => $rounds, steps_of_a_round => scalar @{$begun->{plan}{steps}},
		left_out => $begun->{plan}{left_out},
		steps => \%n, kinds => [map { $kinds{$_} } sort keys %kinds], cases => \%tests,
		exits => $exits,
		failures => [map { +{ step => $_->{id}, title => $_->{title},
			round => $_->{round}, status => $_->{status}, text => $_->{text} } }
			grep { $_->{status} =~ /^(?:fail|undone)$/ } @results],
		skipped => [map { +{ step => $_->{id}, round => $_->{round}, text => $_->{text} } } grep { $_->{status} eq 'skip' } @results],
		log => { missing => $more{log_missing}, lines => [map { my $r = $_;
			map { +{ %$_, step => $r->{id}, round => $r->{round} } } @{$r->{log}} } @results] },
		%$of,
	};
}

sub sessions
{
	my ($state) = @_;
	my @sessions;

	for ($state->events) {
		push @sessions, { started => date($_->{time}), boot => $_->{boot}, stopped => undef } if $_->{event} eq 'session';
		next unless @sessions;
		$sessions[-1]{ended} = date($_->{time});
		$sessions[-1]{stopped} = $_->{why} if $_->{event} eq 'stop';
	}
	return \@sessions;
}

1;
