#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# A kernel case by case against the reference model: every pair of ends.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Coco::Compare;

# A group as run.pl makes it, after the run: { test => { case => status } }.
sub group
{
	my ($label, $ends, %more) = @_;
	my $problems = delete $more{problems} // [];
	my @jobs;

	for my $test (sort keys %$ends) {
		my @cases = map { { name => $_, status => $ends->{$test}{$_} } }
			sort keys %{$ends->{$test}};
		push @jobs, { test => $test, verdict => { cases => \@cases, problems => $problems } };
	}
	return { label => $label, jobs => \@jobs, %more };
}

my @reference = (revision => 'tdx', reference => 1);
my $ref = group('ref', { a => { one => 'pass', two => 'pass' }, b => { one => 'skip' } },
		@reference);

is_deeply([Coco::Compare::lines(1, group('src', { a => { one => 'pass', two => 'pass' } }), $ref)],
	['src against ref: 2 ended alike, 0 skipped by either, 0 otherwise'], 'alike');

is_deeply([Coco::Compare::lines(1, group('src', { a => { one => 'fail', two => 'known' },
					       b => { one => 'pass' }, c => { one => 'pass' } }), $ref)],
	['src against ref: 0 ended alike, 1 skipped by either, 2 otherwise:',
	 '  a: one: failed, there passed',
	 '  a: two: failed as is known, there passed'], 'both otherwise; a test of its own does not count');

is_deeply([Coco::Compare::lines(0, group('src', { a => { one => 'fail', two => 'known' } }), $ref)],
	['src against ref: 0 ended alike, 0 skipped by either, 1 known issues of one, 1 otherwise:',
	 '  a: one: failed, there passed'], 'in short');

is_deeply([Coco::Compare::lines(1, group('src', { a => { one => 'pass' } },
					 problems => ['ended early']), $ref)],
	['src against ref: 1 ended alike, 0 skipped by either, 1 otherwise:',
	 '  a: two: did not end, there passed'], 'a case is missing');
is_deeply([Coco::Compare::lines(1, group('src', { a => { one => 'pass' } }), $ref)],
	['src against ref: 1 ended alike, 1 skipped by either, 0 otherwise'],
	'a case that the test does not have there');

is_deeply([Coco::Compare::lines(1, group('src', { a => { one => 'undriven', two => 'pass' } }), $ref)],
	['src against ref: 1 ended alike, 0 skipped by either, 1 not driven by either, 0 otherwise'],
	'what was not driven says nothing of the kernel');

is_deeply([Coco::Compare::lines(1, group('src', { c => { one => 'pass' } }), $ref)], [],
	'nothing in common');
is_deeply([Coco::Compare::lines(1, group('src', { a => { one => 'pass' } }))], [], 'no reference');
is_deeply([Coco::Compare::lines(1, $ref, group('other', { a => { one => 'fail' } },
					    revision => 'other'))], [],
	'the model is not compared with its other revisions');
is_deeply([Coco::Compare::lines(1, group('src', { a => { one => 'pass', two => 'pass' },
						  s => { one => 'fail' } }), $ref,
				group('snp', { s => { one => 'pass' } }, @reference))],
	['src against ref: 2 ended alike, 0 skipped by either, 0 otherwise',
	 'src against snp: 0 ended alike, 0 skipped by either, 1 otherwise:',
	 '  s: one: failed, there passed'], 'one of TDs and one of SNP VMs');
is_deeply([Coco::Compare::lines(1, { label => 'hw', skip => 'none' }, $ref)], [],
	'what did not run is not compared');

done_testing;
