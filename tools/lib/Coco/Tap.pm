# SPDX-License-Identifier: GPL-2.0-only
#
# A run as TAP 13, flat, and as KTAP (Documentation/dev-tools/ktap.rst), nested: group, test,
# case.  Made of results.json, and with its names and its order.
package Coco::Tap;

use strict;
use warnings;
use Coco::Results;

# A result that readers of TAP take for what it is: a known issue is no failure of the run, and
# what was not driven says nothing.  KTAP discourages TODO, and its own readers take "not ok" with
# any directive for a failure; the kernel's test harness says "ok # XFAIL".
my %flat = (
	pass => ['ok'], fail => ['not ok'], none => ['not ok'], skip => ['ok', 'SKIP'],
	known => ['not ok', 'TODO'], undriven => ['ok', 'SKIP', 'not driven: '],
);
my %nested = (%flat, known => ['ok', 'XFAIL'], none => ['not ok', 'ERROR']);

# A line's text: "#" would begin a directive, and there is one line.
sub words
{
	my ($text) = @_;
	return $text =~ s/\s+/ /gr =~ s/#/*/gr;
}

sub result
{
	my ($words, $number, $name, $case) = @_;
	my ($ok, $directive, $prefix) = @{$words->{$case->{verdict}}};

	# KTAP has words for these.
	if ($words == \%nested && $case->{verdict} eq 'fail' && defined $case->{ended}) {
		$directive = $case->{ended} =~ /^hang\b/ ? 'TIMEOUT' : 'ERROR';
	}
	my $reason = words(($prefix // '') . ($case->{ended} // $case->{reason} // ''));
	return "$ok $number " . words($name) . (defined $directive ? " # $directive $reason" : '');
}

sub diagnosis
{
	my ($case) = @_;
	return map { "# $_" } map { split /\n/ } Coco::Results::details($case);
}

sub flat
{
	my ($results) = @_;
	my ($number, @lines) = (0);

	for my $group (@{$results->{groups}}) {
		push @lines, result(\%flat, ++$number, $group->{label},
				    { verdict => 'skip', reason => $group->{skip} })
			if defined $group->{skip};
		for my $test (@{$group->{tests}}) {
			for my $case (Coco::Results::ends($test)) {
				push @lines, diagnosis($case), result(\%flat, ++$number,
					"$group->{label}: $test->{name}: $case->{name}", $case);
			}
		}
	}
	return join '', map { "$_\n" } 'TAP version 13', "1..$number", @lines;
}

# Lines of a test that has parts, each of which is [lines, result line but for its number].
sub nest
{
	my ($name, @parts) = @_;
	return map { "  $_" } 'KTAP version 1', (defined $name ? '# Subtest: ' . words($name) : ()),
		'1..' . @parts, map { @$_ } @parts;
}

# The worst of the verdicts stands for all.
sub whole
{
	my (@cases) = @_;
	my %verdicts = map { $_->{verdict} => 1 } @cases;

	return { verdict => 'fail' } if $verdicts{fail} || $verdicts{none};
	return { verdict => 'pass' } if $verdicts{pass} || $verdicts{known};
	return { verdict => 'skip', reason => $cases[0]{reason} // 'all of it' };
}

sub ktap
{
	my ($results) = @_;
	my (@groups, $number);

	for my $group (@{$results->{groups}}) {
		my (@tests, @all);

		if (defined $group->{skip}) {
			push @groups, [result(\%nested, @groups + 1, $group->{label},
					      { verdict => 'skip', reason => $group->{skip} })];
			next;
		}
		for my $test (@{$group->{tests}}) {
			my @cases = Coco::Results::ends($test);
			my $number = 0;

			push @all, @cases;
			push @tests, [nest($test->{name}, map {
				[diagnosis($_), result(\%nested, ++$number, $_->{name}, $_)]
			} @cases), result(\%nested, @tests + 1, $test->{name}, whole(@cases))];
		}
		push @groups, [nest($group->{label}, @tests),
			       result(\%nested, @groups + 1, $group->{label}, whole(@all))];
	}
	return join '', map { s/^  //r . "\n" } nest(undef, @groups);
}

1;
