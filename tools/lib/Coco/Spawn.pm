# SPDX-License-Identifier: GPL-2.0-only
#
# Run one test program under a supervisor: a process of its own that gives the
# program a session, stamps its output with the time, stops it when it hangs, and
# says how it ended.  The supervisor is separate because TAP::Harness waits for
# output of all running tests at once, without a timeout.
#
# The reader gets lines "SECONDS\tTEXT", stdout and stderr in the order they were
# written, and as the last line
#	"\0end\tWAIT-STATUS\tREASON\tSECONDS"
# with REASON empty, "timeout", "output" (too much) or "stray" (processes were
# left behind and have been killed).  TEXT never contains a NUL.
package Coco::Spawn;

use strict;
use warnings;
use POSIX qw(:signal_h :sys_wait_h);
use Time::HiRes qw(time);

use constant {
	GRACE      => 2,		# seconds from TERM to KILL
	LINGER     => 1,		# seconds that children may hold the pipe open
	MAX_OUTPUT => 16 << 20,		# bytes
};

my %running;			# supervisors

# End all that run, and their programs.
sub stop
{
	kill TERM => keys %running;
	waitpid $_, 0 for keys %running;
	%running = ();
}

# The supervisor with process id $pid has ended, or is about to.
sub reap
{
	my ($pid) = @_;

	waitpid $pid, 0;
	delete $running{$pid};
}

# Start @{$job->{argv}} with %{$job->{env}}, for at most $job->{timeout} seconds
# from one case to the next.
# Returns the handle to read from and the supervisor's process id.
sub start
{
	my ($job) = @_;

	pipe(my $reader, my $writer) or die "pipe: $!\n";
	my $pid = fork;
	die "fork: $!\n" unless defined $pid;
	if ($pid == 0) {
		close $reader;
		eval { supervise($job, $writer); 1 } or print STDERR "supervisor: $@";
		POSIX::_exit(0);
	}
	close $writer;
	$running{$pid} = 1;
	return ($reader, $pid);
}

sub launch
{
	my ($job, $mask) = @_;

	pipe(my $reader, my $writer) or die "pipe: $!\n";
	my $pid = fork;
	die "fork: $!\n" unless defined $pid;
	return ($pid, $reader) if $pid;

	$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
	POSIX::sigprocmask(SIG_SETMASK, $mask);
	POSIX::setsid();
	open STDIN, '<', '/dev/null';
	POSIX::dup2(fileno($writer), 1);
	POSIX::dup2(fileno($writer), 2);
	my $env = $job->{env} // {};
	for my $name (keys %$env) {
		if (defined $env->{$name}) {
			$ENV{$name} = $env->{$name};
		} else {
			delete $ENV{$name};
		}
	}
	{
		no warnings 'exec';
		exec { $job->{argv}[0] } @{$job->{argv}};
	}
	syswrite STDOUT, "# cannot run $job->{argv}[0]: $!\n";
	POSIX::_exit(127);
}

# Processes of session $sid.  A test's cases are process groups of their own, but
# stay in the session.
sub session_pids
{
	my ($sid) = @_;
	my @pids;

	for my $stat (glob '/proc/[0-9]*/stat') {
		open my $fh, '<', $stat or next;
		my $line = <$fh> // next;
		# The second field is the name, and may contain anything.
		$line =~ /^(\d+) \(.*\) (\S) \d+ \d+ (\d+)/s or next;
		push @pids, $1 if $3 == $sid && $2 ne 'Z';
	}
	return @pids;
}

sub signal_session
{
	my ($signal, $sid) = @_;
	my @pids = session_pids($sid);

	kill $signal, @pids if @pids;
	return scalar @pids;
}

sub supervise
{
	my ($job, $out) = @_;
	my $start = time;
	my $runner = getppid;
	my ($pid, $in);
	my ($status, $reason, $partial, $bytes) = (undef, '', '', 0);
	my ($kill_at, $linger_until);
	my $deadline = $start + $job->{timeout};

	# By its number, too: it may not have its session yet.
	$SIG{INT} = $SIG{TERM} = $SIG{HUP} = $SIG{PIPE} = sub {
		kill KILL => $pid;
		signal_session('KILL', $pid);
		POSIX::_exit(1);
	};
	# Until its number is known they wait.
	my ($ends, $before) = (POSIX::SigSet->new(SIGINT, SIGTERM, SIGHUP), POSIX::SigSet->new);
	POSIX::sigprocmask(SIG_BLOCK, $ends, $before);
	($pid, $in) = launch($job, $before);
	POSIX::sigprocmask(SIG_SETMASK, $before);
	$out->autoflush(1);
	my $emit = sub {
		my ($text) = @_;
		$text =~ tr/\0//d;
		$text =~ s/\r+$//;
		printf $out "%.3f\t%s\n", time - $start, $text;
	};

	while (1) {
		my $bits = '';
		vec($bits, fileno($in), 1) = 1;
		if (select($bits, undef, undef, 0.05) > 0) {
			my $got = sysread $in, my $chunk, 65536;
			last if defined $got && $got == 0;
			if ($got) {
				$bytes += $got;
				$partial .= $chunk;
				# A busy machine is slow; a test that hangs comes to no next case.
				$deadline = time + $job->{timeout}
					if $partial =~ /^(?:ok|not ok|#  RUN) /m;
				$emit->($1) while $partial =~ s/^([^\n]{0,32767})\n// ||
					$partial =~ s/^([^\n]{32767})//;
			}
		}
		# Nobody is left to hear of it.
		$SIG{TERM}->() if getppid != $runner;
		if (!defined $status && waitpid($pid, WNOHANG) == $pid) {
			$status = $?;
			$linger_until = time + LINGER;
		}
		if (!$reason && !defined $status && time >= $deadline) {
			$reason = 'timeout';
		} elsif (!$reason && $bytes > MAX_OUTPUT) {
			$reason = 'output';
		} elsif (!$reason && $linger_until && time >= $linger_until) {
			$reason = 'stray';
		}
		if ($reason && !$kill_at) {
			# TERM first: the in-process KVM then says where it was.
			signal_session('TERM', $pid);
			$kill_at = time + GRACE;
		} elsif ($kill_at && time >= $kill_at) {
			signal_session('KILL', $pid);
			last;
		}
	}
	$emit->($partial) if length $partial;
	unless (defined $status) {
		# End of output, but not of the program: it closed its stdout.
		until (waitpid($pid, WNOHANG) == $pid) {
			if (time >= ($kill_at // $deadline)) {
				$reason ||= 'timeout';
				signal_session('KILL', $pid);
			}
			select undef, undef, undef, 0.005;
		}
		$status = $?;
	}
	if (signal_session('KILL', $pid)) {
		$reason ||= 'stray';
	}
	printf $out "\0end\t%d\t%s\t%.3f\n", $status, $reason, time - $start;
	close $out;
}

1;
