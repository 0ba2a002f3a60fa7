# SPDX-License-Identifier: GPL-2.0-only
#
# Run jobs with TAP::Harness.  A job is a hash:
#	id	unique, in words: what TAP::Harness calls the test
#	title	for the report
#	argv	program and arguments
#	env	{name => value}, undef to unset
#	timeout	seconds
#	known	{requirement id => hint} of known issues
#	issues	Coco::KnownIssues, all that there are; may be undef
#	raw_file where its output goes; may be undef
# Afterwards it has {verdict}, a Coco::Verdict.
package Coco::Harness;

use strict;
use warnings;
use TAP::Harness;
use Coco::Formatter;
use Coco::SourceHandler;
use Coco::Spawn;
use Coco::Terminal;

our $stopped;			# the signal that has ended run(), by name

# Has a signal come?  TAP::Harness may have lost what its handler said.
sub go_on
{
	die "SIG$stopped\n" if $stopped;
}

# Run @$jobs, at most $options{parallel} at a time; {cases} and {quiet} as for Coco::Formatter.
# True if TAP::Harness, too, is content.  After SIGINT, SIGTERM or SIGHUP those that have ended by
# then have {done}, all others have been ended, and $stopped is set.
sub run
{
	my ($jobs, %options) = @_;

	Coco::SourceHandler->add($_) for @$jobs;
	my $harness = TAP::Harness->new({
		formatter => Coco::Formatter->new(total => scalar @$jobs,
			map { $_ => $options{$_} } qw(cases quiet)),
		jobs => $options{parallel},
	});
	Coco::Terminal::phase('tests', 0, scalar @$jobs);
	local @SIG{qw(INT TERM HUP)} = (sub { $stopped = shift; go_on() }) x 3;
	my $aggregate = eval { $harness->runtests(map { $_->{id} } @$jobs) };
	my $died = $@;
	Coco::Terminal::clear();
	if ($stopped) {
		Coco::Spawn::stop();
		return 0;
	}
	die $died unless $aggregate;
	for my $job (grep { !$_->{done} } @$jobs) {
		$job->{verdict} //= Coco::Verdict->new($job);
		$job->{verdict}->problem('was never finished');
	}
	return !$aggregate->has_errors;
}

1;
