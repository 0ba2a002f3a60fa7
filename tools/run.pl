#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# Run the suite, which has been built: called by run_tests.sh, with its options and
#	--root DIR	the repository
#	--build DIR	where it was built
#	--summary-only	of all forms of the result: a third of a second less, for those who run
#			it hundreds of times
# All paths are absolute.  The exit status is run_tests.sh's.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use File::Path qw(make_path);
use Getopt::Long qw(:config no_auto_abbrev bundling);
use Time::HiRes qw(time);
use Coco::Compare;
use Coco::Harness;
use Coco::JUnit;
use Coco::KnownIssues;
use Coco::Page;
use Coco::Platforms;
use Coco::Report;
use Coco::Results;
use Coco::Suite;
use Coco::Tap;

use constant { PASSED => 0, FAILED => 1, USAGE => 2, NOT_DRIVEN => 3, NOTHING => 4 };

my %options = (patches => [], jobs => 1, timeout => 45);
my @summary;
my $started = time;

$| = 1;
exit(eval { main() } // do {
	print STDERR "run_tests.sh: $@";
	USAGE;
});

sub main
{
	GetOptions(\%options, 'root=s', 'build=s', 'out=s', 'platform=s', 'kdir=s', 'engine=s',
		'patch=s' => $options{patches}, 'known-issues=s', 'jobs=i', 'timeout=f', 'list',
		'sanitize', 'strict', 'summary-only')
		or return USAGE;

	my $suite = Coco::Suite->new(@options{qw(root build)});
	my @selected = $suite->select(@ARGV);
	if ($options{list}) {
		print $suite->table(@ARGV);
		return PASSED;
	}

	# What is wrong with them shall show before anything takes time.
	$suite->cases($_->[0]) for @selected;
	$options{'known-issues'} //= "$options{root}/tools/known-issues";
	my $known = Coco::KnownIssues->load($options{'known-issues'});
	$options{named} = @ARGV;
	my @groups = Coco::Platforms::groups(\%options);
	@groups = grep { leave_out($_, @selected) } @groups;
	my @jobs = map { add_jobs($_, $suite, $known) } grep { !$_->{skip} } @groups;
	make_path($options{out}, { error => \my $errors });
	die "cannot create $options{out}\n" if @$errors;
	my $content = !@jobs || Coco::Harness::run(\@jobs, parallel => $options{jobs},
						   cases => scalar @ARGV);
	my $status = report($known, $content, \@groups, \@jobs);

	print map { "$_\n" } '', @summary;
	keep('summary', join '', map { "$_\n" } @summary);
	return $status if $options{'summary-only'};
	my $results = Coco::Results::of_run(root => $options{root}, suite => $suite, known => $known,
		groups => \@groups, options => \%options, tests => [@ARGV], started => $started,
		status => $status);
	keep('results.json', Coco::Results::encode($results));
	keep('results.tap', Coco::Tap::flat($results));
	keep('results.ktap', Coco::Tap::ktap($results));
	keep('junit.xml', Coco::JUnit::xml($results));
	keep('index.html', Coco::Page::of_results($results)) if @jobs;
	return $status;
}

# A form of the result; what is printed has gone out before.
sub keep
{
	my ($name, $content) = @_;
	Coco::Results::write_file("$options{out}/$name", $content);
}

# Keep of @selected what the group is for.  False: it has no part in this run.
sub leave_out
{
	my ($group, @selected) = @_;
	my $tests = $group->{tests};

	$group->{selected} = [grep { !$tests || $_->[0] =~ $tests } @selected];
	return 1 if @{$group->{selected}};
	$group->{skip} ||= $group->{others};
	return $group->{skip};
}

sub add_jobs
{
	my ($group, $suite, $known) = @_;

	make_path("$options{out}/$group->{dir}", { error => \my $errors });
	die "cannot create $options{out}/$group->{dir}\n" if @$errors;
	$group->{known} = $known->of_version($group->{version});
	$group->{jobs} = [map {
		my ($name, @filter) = @$_;
		{
			id => "$group->{label} $name",
			title => "$group->{label}: $name",
			test => $name,
			argv => [$suite->program($name), @filter],
			env => {
				%{$group->{env}},
				COCO_VENDOR => $suite->vendor($name),
				COCO_KNOWN => join(',', sort keys %{$group->{known}}),
			},
			timeout => $options{timeout},
			known => $group->{known},
			issues => $known,
			reqs => { map { $_->{name} => $_->{reqs} } $suite->cases($name) },
			raw_file => "$options{out}/$group->{dir}/$name.tap",
		}
	} @{$group->{selected}}];
	return @{$group->{jobs}};
}

# Requirements that are a known issue of the group's tree, of which cases ran, and
# none failed; with what to take out of the list, unless the run's patch or compiler is
# what repairs it.
sub unexpected_passes
{
	my ($group, $known) = @_;
	my (%ran, %failed);

	for my $job (@{$group->{jobs}}) {
		for my $case (@{$job->{verdict}{cases}}) {
			my @reqs = @{$job->{reqs}{$case->{name}} // []};
			if ($case->{status} eq 'pass') {
				$ran{$_} = "$job->{test} $case->{name}" for @reqs;
			} elsif ($case->{status} =~ /^(?:fail|undriven)$/) {
				$failed{$_} = 1 for @reqs;
			}
			$failed{$_->{req}} = 1 for @{$case->{fails}};
		}
	}
	return map {
		my $req = $_->{req};
		$ran{$req} && !$failed{$req} ? (
			"$group->{label}: $req ($ran{$req}): $_->{evidence}",
			"  if no patch or compiler did that, take $group->{version} out of " .
				"'$req | $_->{trees}' ($_->{place})",
		) : ();
	} sort { $a->{req} cmp $b->{req} } $known->issues_of_version($group->{version});
}

# Fill @summary; returns the exit status.
sub report
{
	my ($known, $content, $groups, $jobs) = @_;
	my @verdicts = map { $_->{verdict} } @$jobs;
	my $total = Coco::Report::tally(@verdicts);
	my @unexpected;

	for my $group (@$groups) {
		if ($group->{skip}) {
			push @summary, "$group->{label}: skipped: $group->{skip}";
			next;
		}
		my @group_verdicts = map { $_->{verdict} } @{$group->{jobs}};
		my $counts = Coco::Report::counts(Coco::Report::tally(@group_verdicts), 1);
		my $reasons = Coco::Report::skip_reasons(@group_verdicts);
		$counts .= " ($reasons)" if length $reasons;
		push @summary, "$group->{label}: $counts";
		push @unexpected, unexpected_passes($group, $known);
	}

	my @compared = Coco::Compare::lines(@$groups);
	push @summary, '', @compared if @compared;
	my @known = map { "  $_" } Coco::Report::known_issues(@$jobs);
	push @summary, '', 'Known issues:', @known if @known;
	my @undriven = Coco::Report::not_driven(@$jobs);
	push @summary, '', 'Not driven:', @undriven if @undriven;
	my @failures = Coco::Report::failures(@$jobs);
	push @summary, '', 'Failures:', @failures if @failures;
	push @summary, '', 'REPAIRED: known issues that did not show' .
		($options{strict} ? ':' : ' (a failure with --strict only):'),
		map { "  $_" } @unexpected if @unexpected;
	push @summary, '', "Output of each test: $options{out}" if @$jobs;

	if ($total->{fail} || !$content) {
		push @summary, 'TAP::Harness reports an error' if !$total->{fail};
		return FAILED;
	}
	return FAILED if $options{strict} && (@unexpected || grep { $_->{stale} } @$groups);
	return NOT_DRIVEN if $total->{undriven};
	if (!$total->{pass} && !$total->{known}) {
		push @summary, 'Nothing could be run.';
		return NOTHING;
	}
	return PASSED;
}
