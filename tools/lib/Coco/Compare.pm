# SPDX-License-Identifier: GPL-2.0-only
#
# A kernel case by case against the reference model, of TDs or of SNP VMs: that the two have
# passed the same number says little.
package Coco::Compare;

use strict;
use warnings;

my %words = (
	pass  => 'passed',
	fail  => 'failed',
	known => 'failed as is known',
);

# How each of the group's cases ended, by test and case.  What a test that came to its end does
# not have, '', is left out as a skipped one: it is of another revision of the exit.
sub ends
{
	my ($group) = @_;
	my %ends;

	for my $job (@{$group->{jobs}}) {
		$ends{$job->{test}}{$_->{name}} = $_->{status} for @{$job->{verdict}{cases}};
		$ends{$job->{test}}{''} = @{$job->{verdict}{problems} // []} ? '' : 'skip';
	}
	return \%ends;
}

# Lines on one group's cases of the tests that the reference has run, too; those that are
# known issues on one side with $verbose alone.
sub against
{
	my ($group, $label, $reference, $verbose) = @_;
	my ($alike, $skipped, $undriven, $known, @lines) = (0, 0, 0, 0);
	my $ends = ends($group);

	for my $test (sort grep { $reference->{$_} } keys %$ends) {
		my %names = map { $_ => 1 } map { keys %$_ } $ends->{$test}, $reference->{$test};
		for my $name (sort grep { $_ ne '' } keys %names) {
			my ($here, $there) = map { $_->{$test}{$name} // $_->{$test}{''} } $ends, $reference;
			if ($here eq 'skip' || $there eq 'skip') {
				$skipped++;
				next;
			}
			if ($here eq 'undriven' || $there eq 'undriven') {
				$undriven++;
				next;
			}
			if ($here eq $there) {
				$alike++;
				next;
			}
			if (!$verbose && ($here eq 'known' || $there eq 'known') &&
			    ($here eq 'pass' || $there eq 'pass')) {
				$known++;
				next;
			}
			push @lines, sprintf '  %s: %s: %s, there %s', $test, $name,
				map { $words{$_} // 'did not end' } $here, $there;
		}
	}
	return unless $alike || $skipped || $undriven || $known || @lines;
	return ("$group->{label} against $label: $alike ended alike, $skipped skipped by either, " .
		($undriven ? "$undriven not driven by either, " : '') .
		($known ? "$known known issues of one, " : '') .
		@lines . ' otherwise' . (@lines ? ':' : ''), @lines);
}

# Lines, many with $verbose, on each of @groups against those that are {reference} in this run.
sub lines
{
	my ($verbose, @groups) = @_;
	@groups = grep { $_->{jobs} } @groups;

	return map {
		my ($label, $ends) = ($_->{label}, ends($_));
		map { against($_, $label, $ends, $verbose) } grep { !$_->{revision} } @groups;
	} grep { $_->{reference} } @groups;
}

1;
