# SPDX-License-Identifier: GPL-2.0-only
#
# What one test program reported, and what to make of it.  Fed line by line; gives
# back the lines that TAP::Parser shall see.  Stricter than TAP::Parser, which
# knows nothing of nested failures and reads "ok # XFAIL" and "not ok # SKIP" as
# passes.
package Coco::Verdict;

use strict;
use warnings;
use Config;

use constant {
	KSFT_SKIP  => 4,
	LAST_LINES => 8,	# shown of a program that hung or crashed
	LINE_MAX   => 300,	# characters of a line that are shown
};

my @signal_name = map { "SIG$_" } split ' ', $Config{sig_name};

# A failed expectation, as lib/check prints it.
my $FAIL_LINE = qr/^\#\s*FAIL\s+(?<file>[^:\s]+):(?<line>\d+):\s+(?<req>[A-Z0-9][A-Z0-9-]*)\s+
	\((?<source>.*?)\):\s+(?<text>.*)$/x;

# What lib/check says after a failure: of the requirement, and what each side saw.
my $VIEW_LINE = qr/^\#\s(?<side>rule|guest|host|kernel):\s(?<text>.*)$/x;

# What the in-process KVM says of a hang or a crash, and when it never started.
my $PLACE_LINE = qr{^\#\s*inproc:\s+(?<place>(?:hang:|kernel (?:BUG|code)) .*)$};
my $NO_KVM_LINE = qr{^\#\s*inproc:\s+(?:platform \S+ does not start|no engine to run guests with)};

# What the in-process KVM says that it, or the kernel image, lacks (inproc_not_driven()).
my $LACKS_LINE = qr{^\# (?:inproc: )?not driven: (?<lacks>.+)$};

# What follows "ok N": name, directive, reason.
my $RESULT_REST = qr/^\s*(?:-\s+)?(.*?)\s*(?:\#\s*(SKIP|TODO|XFAIL|XPASS)\b\s*(.*))?$/i;

my $OWN_DIRECTIVE = 'but a known issue belongs in tools/known-issues';

# $job: the job that is judged; its {known} maps requirement ids to hints.
sub new
{
	my ($class, $job) = @_;

	return bless {
		job      => $job,
		cases    => [],		# {name, status, seconds, fails, views, notes, unchecked, reason}
		problems => [],		# of the program as a whole, each one a failure
		fails    => [],		# since the last result line
		views    => [],		# {side, text}, likewise
		notes    => [],
		unchecked => [],
		nested   => [],
		recent   => [],
		seen     => {},
		not_ok   => 0,
		started  => 0,
	}, $class;
}

sub shorten
{
	my ($text) = @_;
	return length $text > LINE_MAX ? substr($text, 0, LINE_MAX) . " ..." : $text;
}

sub problem
{
	my ($self, $text) = @_;
	push @{$self->{problems}}, $text;
}

# One line of output at $seconds after the start; the line for TAP::Parser.
sub line
{
	my ($self, $seconds, $text) = @_;

	push @{$self->{recent}}, shorten($text);
	shift @{$self->{recent}} if @{$self->{recent}} > LAST_LINES;

	# Must be the very first line, but the preloaded KVM may speak before.
	return undef if $text =~ /^TAP version \d+\s*$/;

	if ($text =~ /^1\.\.(?<plan>\d+)(?<skip>\s*#\s*SKIP\b[\s:-]*(?<reason>.*))?$/i) {
		my ($plan, $skip, $reason) = @+{qw(plan skip reason)};
		$self->problem("a second plan: $text") if defined $self->{plan};
		$self->{plan} = $plan;
		$self->{skip_all} = length $reason ? $reason : 'no reason given' if defined $skip;
		return $text;
	}
	if ($text =~ /^Bail out!\s*(.*)$/i) {
		$self->{bailed_out} = 1;
		$self->problem('bailed out' . (length $1 ? ": $1" : ''));
		# TAP::Harness would stop all other tests.
		return "# $text";
	}
	return $self->result($seconds, $1, $2, $3) if $text =~ /^(not )?ok\b(?:\s+(\d+)\b)?(.*)$/;

	if ($text =~ /^#?\s+not ok\b(?!.*#\s*(?:TODO|SKIP)\b)/i) {
		$text =~ s/^#?\s+//;
		push @{$self->{nested}}, $text;
		return "# $text";
	}
	# Then the test has run on some other KVM, and its results are worth nothing.
	$self->problem($text) if $text =~ /^ERROR: ld\.so: object .* cannot be preloaded/;
	# Or on none, and what it then calls a skip is none.
	$self->problem($text =~ s/^#\s*//r) if $text =~ $NO_KVM_LINE;
	$self->{place} //= $+{place} if $text =~ $PLACE_LINE;
	if ($text =~ $LACKS_LINE && !defined $self->{lacks}) {
		$self->{lacks} = shorten($+{lacks});
		$self->{lacks_from} = @{$self->{fails}};
	}
	if ($text =~ /^#\s+RUN\s+(\S+)/) {
		$self->{running} = $1;
		$self->{started} = $seconds;
	} elsif ($text =~ /^# unchecked: (\S+)$/) {
		push @{$self->{unchecked}}, $1;
	} elsif ($text =~ $FAIL_LINE) {
		push @{$self->{fails}}, { %+ };
	} elsif ($text =~ $VIEW_LINE) {
		my ($side, $said) = @+{qw(side text)};
		push @{$self->{views}}, { side => $side, text => shorten($said) };
	} elsif ($text =~ /^#.*?\bTest terminated unexpectedly by signal (\d+)/) {
		$self->{fatal} = $self->fatal($signal_name[$1] // "signal $1");
	} elsif ($text =~ /^#.*?\bTest terminated by timeout/) {
		$self->{fatal} = 'hang: stopped by the test harness';
	} elsif ($text =~ /^#.*?\bTest terminated by assertion/) {
		if (defined $self->{place}) {
			$self->{fatal} = $self->fatal('SIGABRT');
			return $text;
		}
		# It may have printed what failed; then that says more.
		$self->{fatal} = 'assertion failed' unless @{$self->{fails}};
	} elsif ($text =~ /\S/ && $text !~ /^#\s+(?:OK|FAIL)\s/) {
		push @{$self->{notes}}, shorten($text);
	}
	# TAP::Parser shall not make out more in it than was made out here.
	return $text =~ /^#/ ? $text : "# $text";
}

# How a case was ended by the signal $name, and where, if that was said.
sub fatal
{
	my ($self, $name) = @_;
	my $place = $self->{place} // '';

	return $place if $place =~ /^hang:/;
	return "crash: $name" . (length $place ? ": $place" : '');
}

sub result
{
	my ($self, $seconds, $not, $number, $rest) = @_;
	my ($name, $directive, $reason) = $rest =~ $RESULT_REST;
	my $expected = @{$self->{cases}} + 1;

	$number //= $expected;
	$directive = uc($directive // '');
	$name = "case $number" unless length $name;
	my $case = {
		name    => $name,
		seconds => $seconds - $self->{started},
		fails   => $self->{fails},
		views   => $self->{views},
		notes   => $self->{notes},
		unchecked => $self->{unchecked},
		fatal   => $self->{fatal},
	};
	if ($number != $expected) {
		$self->problem("case number $number ($name) where $expected was due");
	}
	if ($self->{seen}{$name}++) {
		$self->problem("case $name reported twice");
	}

	if ($not && !$directive && $self->not_driven($case)) {
		$self->{not_ok}++;
		$case->{status} = 'undriven';
		$case->{reason} = $self->{lacks};
	} elsif ($not) {
		$self->{not_ok}++;
		$case->{fatal} //= "marks itself $directive, $OWN_DIRECTIVE" if $directive;
		my $hint = $self->known_issue($case);
		$case->{status} = defined $hint ? 'known' : 'fail';
		$case->{reason} = $hint;
	} elsif ($directive eq 'SKIP') {
		$case->{status} = 'skip';
		$case->{reason} = length $reason ? $reason : 'no reason given';
	} elsif ($directive) {
		$case->{status} = 'fail';
		$case->{fatal} = "marks itself $directive, $OWN_DIRECTIVE";
	} else {
		$case->{status} = 'pass';
	}
	# A failure that was printed and then forgotten.
	if ($case->{status} eq 'pass' &&
	    (@{$self->{fails}} || @{$self->{nested}} || defined $self->{fatal})) {
		$case->{status} = 'fail';
		$case->{fatal} //= 'reported ok after a nested failure' .
			(@{$self->{nested}} ? ": $self->{nested}[0]" : '');
	}

	push @{$self->{cases}}, $case;
	$self->{started} = $seconds;
	$self->{fails} = [];
	$self->{views} = [];
	$self->{notes} = [];
	$self->{unchecked} = [];
	$self->{nested} = [];
	delete @$self{qw(fatal running place lacks lacks_from)};

	return "ok $number $name" if $case->{status} eq 'pass';
	return "ok $number $name # SKIP $case->{reason}" if $case->{status} eq 'skip';
	return "not ok $number $name # TODO $case->{reason}"
		if $case->{status} =~ /^(?:known|undriven)$/;
	return "not ok $number $name";
}

# Did a case end without a result because something is lacking?  Whatever has been said of
# the kernel before counts more, but for what is known; what comes after may be the lack's.
sub not_driven
{
	my ($self, $case) = @_;
	my $known = $self->{job}{known} // {};

	return defined $self->{lacks} && !@{$self->{nested}} &&
	       !(grep { !exists $known->{$_->{req}} }
		 @{$case->{fails}}[0 .. $self->{lacks_from} - 1]) &&
	       !defined $self->{place} && ($case->{fatal} // '') !~ /^hang:/;
}

# The hint, if every failed expectation of the case is a known issue of the tree.
sub known_issue
{
	my ($self, $case) = @_;
	my $known = $self->{job}{known} // {};
	my @reqs = map { $_->{req} } @{$case->{fails}};
	my %hint;

	return undef if $case->{fatal} || !@reqs;
	for my $req (@reqs) {
		return undef unless exists $known->{$req};
		$hint{"known issue $req: $known->{$req}"} = 1;
	}
	return join '; ', sort keys %hint;
}

# The program has ended with wait status $status; $reason as Coco::Spawn says.
# Returns the wait status that TAP::Parser shall see: 0 if it fits the report.
sub finish
{
	my ($self, $status, $reason, $seconds) = @_;
	my ($exit, $signal) = ($status >> 8, $status & 127);
	my $ran = @{$self->{cases}};
	my $problems = @{$self->{problems}};
	my $running = $self->{running} // '';
	my $about = join ', ', @{$self->{job}{reqs}{$running} // []};
	my $where = $running ? " in $running" . ($about && " (which is about $about)") : '';
	my $all_skipped = $ran && !grep { $_->{status} ne 'skip' } @{$self->{cases}};

	$self->{seconds} = $seconds;
	if ($signal && !$ran && !$reason && !$problems &&
	    $self->not_driven({ fails => $self->{fails} })) {
		# It came to none of its cases.
		$self->{undriven_all} = $self->{lacks};
		return 0;
	}
	if ($reason eq 'timeout') {
		my $place = defined $self->{place} ? ': ' . $self->{place} =~ s{^hang: }{}r : '';
		$self->problem(sprintf 'hang: stopped after %g s%s%s', $self->{job}{timeout},
			$where, $place);
	} elsif ($reason eq 'output') {
		$self->problem("stopped$where: more than 16 MiB of output");
	} elsif ($signal) {
		$self->problem('crash: ' . ($signal_name[$signal] // "signal $signal") . $where);
	} elsif ($reason eq 'stray') {
		$self->problem('ended, but left processes behind');
	}
	my $killed = @{$self->{problems}} > $problems && $reason ne 'stray';

	my $short = !$ran && !defined $self->{skip_all} ? 'reported no case' :
		    defined $self->{plan} && $ran != $self->{plan} ?
			"reported $ran of $self->{plan} planned cases" : undef;
	if (defined $short && ($killed || $self->{bailed_out})) {
		# The consequence of an end before its time is no failure of its own.
		$self->{problems}[-1] .= "; $short";
	} elsif (defined $short) {
		$self->problem($ran ? $short : "$short (exit status $exit)");
	} elsif (!defined $self->{plan}) {
		$self->problem('has no plan: cases may be missing');
	}
	if (@{$self->{fails}} || @{$self->{nested}}) {
		my $text = @{$self->{fails}} ? fail_text($self->{fails}[0]) : $self->{nested}[0];
		$self->problem("failure that belongs to no case: $text");
	}

	unless ($killed || $self->{bailed_out} || (!$ran && !defined $self->{skip_all})) {
		my $fits = $exit == 0 ? $self->{not_ok} == 0 :
			   $exit == KSFT_SKIP ? defined $self->{skip_all} || $all_skipped :
			   $exit == 1 ? $self->{not_ok} > 0 : 0;
		$self->problem("exit status $exit, but $self->{not_ok} of $ran cases failed")
			unless $fits;
	}
	$self->{last_lines} = [@{$self->{recent}}] if @{$self->{problems}};
	return @{$self->{problems}} ? ($status || 1 << 8) : 0;
}

# Lines that TAP::Parser has to see after the program's own.
sub rest
{
	my ($self) = @_;

	return unless defined $self->{undriven_all};
	return '1..0 # SKIP not driven' unless $self->{plan};
	return map { "ok $_ # SKIP not driven" } 1 .. $self->{plan};
}

sub fail_text
{
	my ($fail) = @_;
	return "$fail->{req} ($fail->{source}): $fail->{text}";
}

# Number of cases with $status, plus the program's own problems ('fail') or its one reason
# for having no cases ('skip', 'undriven').
sub count
{
	my ($self, $status) = @_;
	my $n = grep { $_->{status} eq $status } @{$self->{cases}};

	$n += @{$self->{problems}} if $status eq 'fail';
	$n++ if defined $self->{"${status}_all"};
	return $n;
}

1;
