# SPDX-License-Identifier: GPL-2.0-only
#
# New lines of the machine's kernel log, from when this is opened.
package Coco::Qualify::KernelLog;

use strict;
use warnings;
use Fcntl qw(O_RDONLY O_NONBLOCK SEEK_END);

# Lines that none should have: errors, and what the kernel says of itself or the machine.
use constant BAD_LEVEL => 3;
my $bad = qr/WARNING: |BUG: |Oops|general protection fault|soft lockup|hard LOCKUP|hung_task|blocked for more than|rcu.*stall|Machine check|Hardware Error|\bmce: /;

# With $engine the machine's KVM is not what is qualified, but may execute its guests' instructions,
# and says as errors what happens to those, such as that one shuts down.
sub open_log
{
	my ($class, $path, $engine) = @_;
	my $self = bless { path => $path, rest => '', passes => $engine ? qr/^kvm/ : undef }, $class;

	if (!sysopen $self->{fh}, $path, O_RDONLY | O_NONBLOCK) {
		$self->{why} = "$path: $!";
	} else {
		sysseek $self->{fh}, 0, SEEK_END;
	}
	return $self;
}

# Why nobody knows what the kernel has said; undef: all is seen.
sub missing { return $_[0]{why}; }

# Since this was asked last: { level, seconds, text, bad }.  A record is "level,number,us,flags;text",
# level with the facility; lines below it that begin with a blank are its dictionary.
sub lines
{
	my ($self) = @_;
	my @lines;

	return if $self->{why};
	while (1) {
		my $n = sysread $self->{fh}, my $record, 8192;
		if (!defined $n) {
			# What was overwritten before it was read.
			if ($!{EPIPE}) {
				push @lines, { level => 4, seconds => 0, text => 'lines were lost', bad => 0 };
				next;
			}
			last;
		}
		last unless $n;
		$self->{rest} .= $record;
		while ($self->{rest} =~ s/^([^\n]*)\n//) {
			my ($level, $us, $text) = $1 =~ /^(\d+),\d+,(\d+),[^;]*;(.*)$/ or next;
			# Others than the kernel may write there.
			next if $level >> 3;
			my $error = ($level & 7) <= BAD_LEVEL &&
				!(defined $self->{passes} && $text =~ $self->{passes});
			push @lines, { level => ($level & 7) + 0, seconds => $us / 1e6, text => $text,
				       bad => $error || $text =~ $bad ? 1 : 0 };
		}
	}
	return @lines;
}

1;
