# SPDX-License-Identifier: GPL-2.0-only
#
# Words for results: a job's lines, a group's line, the list of failures.
package Coco::Report;

use strict;
use warnings;
use Coco::Verdict;

# How much the report shows of what guest and host saw, and of the kernel's log; all of it
# is in the test's output.
use constant {
	MOST_FAILS   => 3,		# of one requirement in one case
	LAST_VIEWS   => 8,
	LAST_PRINTKS => 4,
	FIRST_CASES  => 4,	# of those that ended alike
	MOST_GROUPS  => 5,	# of such, whose cases did not meet the same requirements
	SUMMARY_LINE => 100,	# characters
};

my @kinds = (
	[pass  => 'passed'],
	[fail  => 'failed'],
	[known => 'known issues'],
	[undriven => 'not driven'],
	[skip  => 'skipped'],
);

sub tally
{
	my (@verdicts) = @_;
	my %n = map { $_->[0] => 0 } @kinds;

	for my $verdict (@verdicts) {
		$n{$_->[0]} += $verdict->count($_->[0]) for @kinds;
	}
	return \%n;
}

# "3 passed, 1 failed", without zeroes other than "0 failed" if $all is not set; nobody
# needs to hear that nothing is lacking.
sub counts
{
	my ($n, $all) = @_;
	my @parts;

	for my $kind (@kinds) {
		my ($key, $word) = @$kind;
		next if !$n->{$key} && $key ne 'fail' && (!$all || $key eq 'undriven');
		$word = 'known issue' if $key eq 'known' && $n->{$key} == 1;
		push @parts, "$n->{$key} $word";
	}
	return join ', ', @parts;
}

# The reasons why cases of these were skipped, "3: reason", most frequent first.
sub skip_reasons
{
	my (@verdicts) = @_;
	my %reasons;

	for my $verdict (@verdicts) {
		$reasons{$verdict->{skip_all}}++ if defined $verdict->{skip_all};
		$reasons{$_->{reason}}++ for grep { $_->{status} eq 'skip' } @{$verdict->{cases}};
	}
	return map { "$reasons{$_}: $_" }
		sort { $reasons{$b} <=> $reasons{$a} || $a cmp $b } keys %reasons;
}

# A group's lines: how many ended how, and with $verbose why cases were skipped.
sub group_lines
{
	my ($label, $verbose, @verdicts) = @_;
	my $line = "$label: " . counts(tally(@verdicts), 1);
	my @reasons = skip_reasons(@verdicts);

	return $line unless @reasons;
	return $line . ' (' . $reasons[0] =~ s/^\d+: //r . ')' if @reasons == 1;
	return ($line, map { "  skipped $_" } @reasons) if $verbose;
	return $line . ' for ' . @reasons . ' reasons';
}

# As the tests say it.
my $NO_CONTROL = qr/^no control of /;

# The requirements that cases of these jobs list and none of them has checked, as for want of an
# observer on hardware.  [id, number of cases], by id.
sub unchecked
{
	my (@jobs) = @_;
	my (%listed, %checked);

	for my $job (@jobs) {
		for my $case (@{$job->{verdict}{cases}}) {
			my $blind = $case->{status} eq 'skip' && $case->{reason} =~ $NO_CONTROL;
			next unless $blind || $case->{status} =~ /^(?:pass|known)$/;
			my %not = map { $_ => 1 } @{$case->{unchecked}};
			for my $req (@{$job->{reqs}{$case->{name}} // []}) {
				$listed{$req}++;
				$checked{$req} = 1 unless $blind || $not{$req};
			}
		}
	}
	return map { [$_, $listed{$_}] } grep { !$checked{$_} } sort keys %listed;
}

my %mark = (pass => 'ok', fail => 'FAILED', known => 'known', skip => 'skip',
	    undriven => 'not driven');

# While tests run: a line for the program and one for each failure, or each case if
# $every_case is set.  The details of failures come at the end.
sub job_lines
{
	my ($job, $every_case) = @_;
	my $verdict = $job->{verdict};
	my @lines = sprintf "%s: %s (%.1f s)\n", $job->{title}, counts(tally($verdict)),
		$verdict->{seconds} // 0;

	for my $case (@{$verdict->{cases}}) {
		next unless $every_case || $case->{status} eq 'fail';
		my $why = $case->{status} eq 'fail' ? in_short($case) : $case->{reason} // '';
		push @lines, sprintf "  %-7s %s%s (%.2f s)\n", $mark{$case->{status}}, $case->{name},
			length $why ? ": $why" : '', $case->{seconds};
	}
	push @lines, "  skip    $verdict->{skip_all}\n" if $every_case && defined $verdict->{skip_all};
	push @lines, "  not driven  $verdict->{undriven_all}\n"
		if $every_case && defined $verdict->{undriven_all};
	return @lines, map { "  FAILED  $_\n" } @{$verdict->{problems}};
}

# The requirements that a failed case did not meet, and how it ended.
sub in_short
{
	my ($case) = @_;
	my %seen;

	return join ', ', (grep { !$seen{$_}++ } map { $_->{req} } @{$case->{fails}}),
		$case->{fatal} // ();
}

# What is known about a failed case: lines of requirement, wanted, got and place, what
# the known issues say of the requirement, and what each side saw.
sub case_details
{
	my ($job, $case) = @_;
	my (@lines, %seen, %told);

	for my $fail (@{$case->{fails}}) {
		push @lines, Coco::Verdict::fail_text($fail), "at $fail->{file}:$fail->{line}"
			if ++$told{$fail->{req}} <= MOST_FAILS;
	}
	push @lines, map { "... and $_, " . ($told{$_} - MOST_FAILS) . ' times more' }
		grep { $told{$_} > MOST_FAILS } sort keys %told;
	push @lines, map { "rule: $_" } views($case, 'rule');
	my @reqs = map { $_->{req} } @{$case->{fails}};
	# A crash names none: then what this tree is known to fail of what the case is about.
	push @reqs, grep { $job->{known}{$_} } @{$job->{reqs}{$case->{name}} // []}
		if defined $case->{fatal};
	for my $req (grep { !$seen{$_}++ } @reqs) {
		my $known = $job->{known}{$req} ? 'known of' : 'not known of this tree, but of';
		push @lines, map { "$known $_->{trees}: $_->{req}: $_->{evidence}" }
			$job->{issues} ? $job->{issues}->of_requirement($req) : ();
	}
	for my $side (qw(guest host)) {
		push @lines, map { "$side: $_" } last_of(LAST_VIEWS, views($case, $side));
	}
	push @lines, map { "kernel: $_" } last_of(LAST_PRINTKS, views($case, 'kernel'));
	push @lines, $case->{fatal} if defined $case->{fatal};
	my @about = @{$job->{reqs}{$case->{name}} // []};
	push @lines, 'the case is about ' . join ', ', @about
		if ($case->{fatal} // '') =~ /^(?:crash|hang):/ && !@{$case->{fails}} && @about;
	# What the program said: all there is, or where in the kernel it crashed.
	push @lines, map { "| $_" } last_of(8, @{$case->{notes}})
		if !@{$case->{fails}} || defined $case->{fatal};
	push @lines, 'says nothing more' unless @lines;
	return @lines;
}

sub views
{
	my ($case, $side) = @_;
	return map { $_->{text} } grep { $_->{side} eq $side } @{$case->{views}};
}

# As many of a side's as a report shows.
sub last_views
{
	return last_of(LAST_VIEWS, @_);
}

sub last_of
{
	my ($n, @list) = @_;
	return @list > $n ? @list[-$n .. -1] : @list;
}

sub first_of
{
	my ($n, @list) = @_;
	return @list > $n ? @list[0 .. $n - 1] : @list;
}

# What of a text fits a line of the summary.
sub one_line
{
	my ($text) = @_;
	return length $text > SUMMARY_LINE ? substr($text, 0, SUMMARY_LINE - 4) =~ s/\s*\S*$/ .../r :
					     $text;
}

# A line for each known issue that showed on @jobs: how often, and with $verbose all that is
# known of it.
sub known_issues
{
	my ($verbose, @jobs) = @_;
	my %count;

	for my $verdict (map { $_->{verdict} } @jobs) {
		$count{$_->{reason}}++ for grep { $_->{status} eq 'known' } @{$verdict->{cases}};
	}
	return map {
		my $cases = $count{$_} == 1 ? '1 case' : "$count{$_} cases";
		my ($req, $evidence) = s/^known issue //r =~ /^([^:]*): (.*)$/s;
		my $line = "  $req ($cases): $evidence";
		$verbose ? $line : one_line($line);
	} sort keys %count;
}

# What was lacking on @jobs: a line for each reason, below it the cases, and where the
# kernel was in the first of them.
sub not_driven
{
	my (@jobs) = @_;
	my (%cases, %where);

	for my $job (@jobs) {
		my $verdict = $job->{verdict};
		push @{$cases{$verdict->{undriven_all}}}, "$job->{title}: all of it"
			if defined $verdict->{undriven_all};
		for my $case (grep { $_->{status} eq 'undriven' } @{$verdict->{cases}}) {
			push @{$cases{$case->{reason}}}, "$job->{title}: $case->{name}";
			$where{$case->{reason}} //= (grep { /^# inproc: {5}/ } @{$case->{notes}})[0];
		}
	}
	return map {
		my @cases = @{$cases{$_}};
		my $where = $where{$_};
		my @more = @cases > FIRST_CASES ? '    and ' . (@cases - FIRST_CASES) . ' more' : ();
		("  $_ (" . (@cases == 1 ? '1 case)' : @cases . ' cases)'),
			defined $where ? '    in ' . $where =~ s/^# inproc: +//r : (),
			(map { "    $_" } first_of(FIRST_CASES, @cases)), @more);
	} sort { @{$cases{$b}} <=> @{$cases{$a}} || $a cmp $b } keys %cases;
}

# Details of a failure without what differs between two cases that ended alike: where
# addresses lie, who ran, and the case's name.  What was wanted and got stays.
sub essence
{
	my ($case, @details) = @_;
	my %wanted = map { Coco::Verdict::fail_text($_) => 1 } @{$case->{fails}};

	for (grep { !$wanted{$_} && (/^\| / || defined $case->{fatal}) } @details) {
		s/0x[0-9a-f]+/0x/g;
		s/\b([pt]id)=\d+/$1/g;
		s/^\| # \w+: (?=Test )/| # /;
	}
	return join "\n", @details;
}

# Lines for {head, details, test, short} that failed; those that ended alike, by their {key}, are
# told once, and without $verbose some of each kind, by what is {short} of them.
sub told_once
{
	my ($verbose, @failures) = @_;
	my (@groups, %group, %groups, %more, @lines);

	for my $failure (@failures) {
		my $key = $failure->{key};
		push @groups, $group{$key} = { %$failure } unless $group{$key};
		push @{$group{$key}{heads}}, "  $failure->{head}";
	}
	for my $group (@groups) {
		my @heads = @{$group->{heads}};

		if (!$verbose && ++$groups{$group->{short}} > MOST_GROUPS) {
			$more{$group->{short}}{cases} += @heads;
			$more{$group->{short}}{tests}{$group->{test}} = 1;
			next;
		}
		push @lines, first_of(FIRST_CASES, @heads),
			@heads > 1 ? '  ... ' . @heads . ' that ended alike:' : (),
			map { "    $_" } @{$group->{details}};
	}
	for my $short (sort { $more{$b}{cases} <=> $more{$a}{cases} || $a cmp $b } keys %more) {
		my $tests = keys %{$more{$short}{tests}};

		push @lines, "  ... and $more{$short}{cases} more, in $tests " .
			($tests > 1 ? 'tests' : 'test') . ": $short (--verbose has them)";
	}
	return @lines;
}

# Lines for every failure of @jobs, or without $verbose for some of each kind.
sub failures
{
	my ($verbose, @jobs) = @_;
	my @failures;
	my $add = sub {
		my ($test, $case, $short, $key, @details) = @_;
		push @failures, { head => "$test:" . ($case ne '' ? " $case" : ''), test => $test,
				  short => $short, key => $key, details => \@details };
	};

	for my $job (@jobs) {
		my $verdict = $job->{verdict};

		for my $case (grep { $_->{status} eq 'fail' } @{$verdict->{cases}}) {
			my @details = case_details($job, $case);
			$add->($job->{title}, $case->{name}, in_short($case), essence($case, @details),
			       @details);
		}
		next unless @{$verdict->{problems}};
		my @details = (@{$verdict->{problems}}, map { "| $_" } @{$verdict->{last_lines}});
		$add->($job->{title}, '', $job->{title}, essence({}, @details), @details);
	}
	return told_once($verbose, @failures);
}

1;
