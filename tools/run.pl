#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# Run the suite, which has been built: called by run_tests.sh, with its options and
#	--root DIR	the repository
#	--build DIR	where it was built
#	--programs DIR	the tests, if they are not there
#	--summary-only	of all forms of the result: a third of a second less, for those who run
#			it hundreds of times
#	--some		these are some cases of many: known issues are left out of the summary
#	--reached	record which functions each case reaches, as TEST.reached
# All paths are absolute.  The exit status is run_tests.sh's.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);
use Getopt::Long qw(:config no_auto_abbrev bundling);
use POSIX ();
use Time::HiRes qw(time);
use Coco::Compare;
use Coco::Diff;
use Coco::Explain;
use Coco::Harness;
use Coco::JUnit;
use Coco::KnownIssues;
use Coco::Page;
use Coco::Platforms;
use Coco::Preconditions;
use Coco::Report;
use Coco::Results;
use Coco::Suite;
use Coco::Tap;
use Coco::Terminal;

use constant { PASSED => 0, FAILED => 1, USAGE => 2, NOT_DRIVEN => 3, NOTHING => 4 };
use constant KEPT_RUNS => 20;

my %options = (patches => [], revs => [], titles => {}, jobs => 1, timeout => 45);
my $started = time;

$| = 1;
# Whoever waits for the images' builds, or the tests, ends them by ending.
$SIG{$_} = sub { Coco::Platforms::stop(); Coco::Terminal::clear(); exit USAGE } for qw(INT TERM HUP);
exit(eval { main() } // do {
	Coco::Terminal::clear();
	print STDERR "run_tests.sh: $@";
	USAGE;
});

sub main
{
	GetOptions(\%options, 'root=s', 'build=s', 'programs=s', 'out=s', 'platform=s', 'kdir=s', 'engine=s',
		'patch=s' => $options{patches}, 'known-issues=s', 'jobs=i', 'timeout=f', 'list',
		'explain=s', 'compare', 'sanitize', 'strict', 'quiet', 'verbose', 'diff', 'each', 'reached',
		'some', 'summary-only', 'image=s', 'rev=s' => \my @revs)
		or return USAGE;
	# "ID WORDS": what it is besides.
	for (@revs) {
		my ($id, $title) = split / /, $_, 2;
		push @{$options{revs}}, $id;
		$options{titles}{$id} = $title if defined $title;
	}
	Coco::Terminal::setup($options{quiet} || $options{verbose});

	return compare(@ARGV) if $options{compare};
	my $suite = Coco::Suite->new(@options{qw(root build programs)});
	$options{'known-issues'} //= "$options{root}/tools/known-issues";
	if (defined $options{explain}) {
		print map { "$_\n" } Coco::Explain::lines($options{root}, $suite,
			Coco::KnownIssues->load($options{'known-issues'}), $options{explain});
		return PASSED;
	}
	my @selected = $suite->select(@ARGV);
	if ($options{list}) {
		my $unseen = $options{platform} && $options{platform} =~ /hw$/ ?
			Coco::Preconditions::unseen($options{root}) : {};
		print map { "$_\n" } Coco::Preconditions::lines($options{root}), '' if on_hardware();
		print $suite->table($unseen, @ARGV);
		print "\n* cannot be checked there: see tools/hardware-unseen\n" if %$unseen;
		return PASSED;
	}

	# What is wrong with them shall show before anything takes time.
	$suite->cases($_->[0]) for @selected;
	my $known = Coco::KnownIssues->load($options{'known-issues'});
	$options{named} = @ARGV;
	$options{out} = results_directory() unless defined $options{out};
	my @groups = Coco::Platforms::groups(\%options);
	@groups = grep { leave_out($_, @selected) } @groups;
	my @jobs = map { add_jobs($_, $suite, $known) } grep { !$_->{skip} } @groups;
	make_path($options{out}, { error => \my $errors });
	die "cannot create $options{out}\n" if @$errors;
	my $content = !@jobs || Coco::Harness::run(\@jobs, parallel => $options{jobs},
						   cases => $options{verbose} || scalar @ARGV,
						   quiet => $options{quiet} || stages()) ||
		$Coco::Harness::stopped;
	only_ended(\@groups) if $Coco::Harness::stopped;
	my $results = sub {
		Coco::Results::of_run(root => $options{root}, suite => $suite, known => $known,
			groups => \@groups, options => \%options, tests => [@ARGV],
			started => $started, status => $_[0])
	};
	my ($status, @summary) = stages() ? changes(\@groups, $results->(0)) :
		report($suite, $known, $content, \@groups, [grep { $_->{done} } @jobs]);
	if ($Coco::Harness::stopped) {
		my $nr = grep { $_->{done} } @jobs;
		unshift @summary, "INTERRUPTED by SIG$Coco::Harness::stopped: $nr of " . @jobs .
			' test programs had ended, and this is of them alone.';
		$status = USAGE;
	}

	# A disk that is full shall not swallow it.
	print map { "$_\n" } $options{quiet} || stages() ? () : '',
		Coco::Terminal::paint(map { in_words($_, $options{verbose}) } @summary);
	keep('summary', join '', map { "$_\n" } map { in_words($_, 1) } @summary);
	return $status if $options{'summary-only'};
	$results = $results->($status);
	keep('results.json', Coco::Results::encode($results));
	keep('results.tap', Coco::Tap::flat($results));
	keep('results.ktap', Coco::Tap::ktap($results));
	keep('junit.xml', Coco::JUnit::xml($results));
	keep('index.html', Coco::Page::of_results($results)) if @jobs;
	return $status;
}

# A signal has ended the run: of what had not ended by then nothing is said.
sub only_ended
{
	my ($groups) = @_;

	$options{some} = 1;
	for my $group (grep { !$_->{skip} } @$groups) {
		@{$group->{jobs}} = grep { $_->{done} } @{$group->{jobs}};
		$group->{skip} = 'interrupted before one of its test programs had ended'
			unless @{$group->{jobs}};
	}
}

# A form of the result.  Without it, as on a disk that is full, the verdict is as good.
sub keep
{
	my ($name, $content) = @_;
	eval { Coco::Results::write_file("$options{out}/$name", $content); 1 } or
		print STDERR "run_tests.sh: $@";
}

# Was this machine's hardware asked for?
sub on_hardware
{
	return ($options{platform} // '') eq 'hw';
}

# Is it about the way from one tree to another?
sub stages
{
	return $options{diff} || $options{each} ? 1 : 0;
}

# What the summary says at length and in short is [long, short].
sub in_words
{
	my ($line, $verbose) = @_;
	return ref $line ? @{$line->[$verbose ? 0 : 1]} : $line;
}

# A new directory among the results, of which the last ones are kept.
sub results_directory
{
	my $results = "$options{build}/results";
	my $template = POSIX::strftime('%Y%m%d-%H%M%S-XXXX', localtime);

	# Where somebody else has built.
	return tempdir('coco-results-XXXXXX', TMPDIR => 1) unless -w $options{build};
	make_path($results);
	my @old = sort grep { -d } glob "\Q$results\E/2*-*";
	remove_tree(@old[0 .. $#old - KEPT_RUNS + 1]) if @old >= KEPT_RUNS;
	my $out = tempdir($template, DIR => $results);
	chmod 0755, $out;
	unlink "$results/latest";
	symlink $out =~ s{.*/}{}r, "$results/latest";
	return $out;
}

# Keep of @selected what the group is for.  False: it has no part in this run.
sub leave_out
{
	my ($group, @selected) = @_;
	my $tests = $group->{tests};

	$group->{selected} = [grep { !$tests || $_->[0] =~ $tests } @selected];
	return 1 if @{$group->{selected}};
	$group->{skip} ||= $group->{others}
		if grep { !$group->{silent} || $_->[0] !~ $group->{silent} } @selected;
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
				($options{reached} ? (COCO_REACHED =>
					"$options{out}/$group->{dir}/$name.reached") : ()),
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

# Requirements that are a known issue of the group's tree, of which all cases ran, and
# none failed; with what to take out of the list, unless the run's patch or compiler is
# what repairs it.
sub unexpected_passes
{
	my ($group, $known, $suite) = @_;
	my (%ran, %failed);

	for my $job (@{$group->{jobs}}) {
		for my $case (@{$job->{verdict}{cases}}) {
			my %unchecked = map { $_ => 1 } @{$case->{unchecked}};
			my @reqs = grep { !$unchecked{$_} } @{$job->{reqs}{$case->{name}} // []};
			if ($case->{status} eq 'pass') {
				$ran{$_} = "$job->{test} $case->{name}" for @reqs;
			} elsif ($case->{status} =~ /^(?:fail|undriven)$/) {
				$failed{$_} = 1 for @reqs;
			}
			$failed{$_->{req}} = 1 for @{$case->{fails}};
		}
	}
	# Another test may be the one that shows it.
	my %selected = map { $_->[0] => 1 } @{$group->{selected}};
	my @issues = grep { $ran{$_->{req}} && !$failed{$_->{req}} }
		$known->issues_of_version($group->{version});
	for my $test (@issues ? grep { !$selected{$_} } $suite->names : ()) {
		$failed{$_} = 1 for map { @{$_->{reqs}} } $suite->cases($test);
	}
	return map {
		my $req = $_->{req};
		$ran{$req} && !$failed{$req} ? (
			"$group->{label}: $req ($ran{$req}): $_->{evidence}",
			"  if no patch or compiler did that, take $group->{version} out of " .
				"'$req | $_->{trees}' ($_->{place})",
		) : ();
	} sort { $a->{req} cmp $b->{req} } @issues;
}

# The exit status, and what there is to say.
sub report
{
	my ($suite, $known, $content, $groups, $jobs) = @_;
	my @verdicts = map { $_->{verdict} } @$jobs;
	my $total = Coco::Report::tally(@verdicts);
	my (@unexpected, @summary);
	my $in_short_too = sub {
		my ($head, $lines) = @_;
		my ($long, $short) = map { [$lines->($_)] } 1, 0;
		push @summary, @$head, [$long, $short] if @$long;
	};

	for my $group (@$groups) {
		if ($group->{skip}) {
			push @summary, "$group->{label}: skipped: $group->{skip}";
			next;
		}
		my @ended = map { $_->{verdict} } @{$group->{jobs}};
		$in_short_too->([], sub { Coco::Report::group_lines($group->{label}, $_[0], @ended) });
		# Of a part of the cases none may show a known issue, nor where less is seen.
		my $blind = $group->{env}{COCO_PLATFORM} eq 'hw' || $group->{env}{COCO_OBSERVER};
		push @unexpected, unexpected_passes($group, $known, $suite)
			unless $options{some} || $blind;
		my @unchecked = $blind ? Coco::Report::unchecked(@{$group->{jobs}}) : () or next;
		push @summary, [['  not checked by any case: ' .
			join ', ', map { "$_->[0] (listed by $_->[1])" } @unchecked],
			['  not checked by any case: ' . @unchecked .
			' requirements (--verbose names them)']];
	}

	$in_short_too->([''], sub { Coco::Compare::lines($_[0], @$groups) });
	$in_short_too->(['', 'Known issues:'], sub { Coco::Report::known_issues($_[0], @$jobs) })
		unless $options{some};
	my @undriven = Coco::Report::not_driven(@$jobs);
	push @summary, '', 'Not driven:', @undriven if @undriven;
	$in_short_too->(['', 'Failures:'], sub { Coco::Report::failures($_[0], @$jobs) });
	push @summary, '', 'REPAIRED: known issues that did not show' .
		($options{strict} ? ':' : ' (a failure with --strict only):'),
		map { "  $_" } @unexpected if @unexpected;
	push @summary, '', "Output of each test: $options{out}" if @$jobs;

	if ($total->{fail} || !$content) {
		push @summary, 'TAP::Harness reports an error' if !$total->{fail};
		return FAILED, @summary;
	}
	return FAILED, @summary if $options{strict} && (@unexpected || grep { $_->{stale} } @$groups);
	return NOT_DRIVEN, @summary if $total->{undriven};
	return NOTHING, @summary, (on_hardware() ? Coco::Preconditions::lines($options{root}) : ()),
		'Nothing could be run.' if !$total->{pass} && !$total->{known};
	return PASSED, @summary;
}

# The same of a tree's stages: what changed between them.
sub changes
{
	my ($groups, $results) = @_;
	my @stages = Coco::Diff::stages($groups, $results->{groups});
	my ($status, $nr, @summary) = (PASSED, 0);

	for my $stage (@stages) {
		my $title = $options{each} ? ++$nr . '/' . @stages . " $stage->{title}" : $stage->{title};
		push @summary, '' if @summary;
		if (!$stage->{changes}) {
			push @summary, "$title: $stage->{skip}";
			$status ||= NOTHING;
			next;
		}
		push @summary, Coco::Diff::report($title, $stage->{changes});
		$status = worse($status, $stage->{changes});
	}
	return $status, @summary, '', "Output of each test: $options{out}";
}

sub worse
{
	my ($status, $changes) = @_;

	return FAILED if Coco::Diff::is_worse($changes);
	return $status || (@{$changes->{undriven}} ? NOT_DRIVEN : PASSED);
}

# What changed between two runs that were kept.
sub compare
{
	my ($before, $after) = map { Coco::Results::load($_) } @_;
	my ($status, $nr) = (PASSED, 0);

	for my $pair (Coco::Diff::pairs($before->{groups}, $after->{groups})) {
		my ($title, $changes) = @$pair;
		print map { "$_\n" } $nr++ ? '' : (), Coco::Terminal::paint(
			ref $changes ? Coco::Diff::report($title, $changes) : "$title: $changes");
		$status = worse($status, $changes) if ref $changes;
	}
	return $status;
}
