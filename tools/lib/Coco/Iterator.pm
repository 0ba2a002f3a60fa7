# SPDX-License-Identifier: GPL-2.0-only
#
# A running test program as TAP::Parser reads it: starts it, keeps its raw output,
# and has every line judged on the way.
package Coco::Iterator;

use strict;
use warnings;
use Coco::Spawn;
use Coco::Verdict;
use parent 'TAP::Parser::Iterator';

sub _initialize
{
	my ($self, $job) = @_;

	@$self{qw(fh pid)} = Coco::Spawn::start($job);
	$self->{job} = $job;
	$job->{verdict} = $self->{verdict} = Coco::Verdict->new($job);
	if (defined $job->{raw_file}) {
		# Without it, as on a disk that is full, the verdict is as good.
		if (open $self->{raw}, '>', $job->{raw_file}) {
			$self->{raw}->autoflush(1);
		} else {
			$self->missing($!);
		}
	}
	return $self;
}

my $told;
sub missing
{
	my ($self, $why) = @_;

	print STDERR "run_tests.sh: cannot write $self->{job}{raw_file}: $why\n" unless $told++;
	delete $self->{raw};
}

sub next_raw
{
	my ($self) = @_;

	while (defined(my $line = readline $self->{fh})) {
		chomp $line;
		Coco::Harness::go_on();
		if ($line =~ /^\0end\t(\d+)\t(\w*)\t([\d.]+)$/) {
			$self->{wait} = $self->{verdict}->finish($1, $2, $3);
			push @{$self->{rest}}, $self->{verdict}->rest;
			next;
		}
		my ($seconds, $text) = split /\t/, $line, 2;
		$self->missing($!) unless !$self->{raw} || print { $self->{raw} } "$text\n";
		my $tap = $self->{verdict}->line($seconds, $text);
		return $tap if defined $tap;
	}
	$self->reap;
	return shift @{$self->{rest}};
}

sub reap
{
	my ($self) = @_;

	return unless $self->{pid};
	Coco::Spawn::reap($self->{pid});
	delete $self->{pid};
	return if defined $self->{wait};
	$self->{verdict}->problem('the supervisor died: the outcome is unknown');
	$self->{wait} = 255 << 8;
}

sub wait
{
	my ($self) = @_;
	return $self->{wait};
}

sub exit
{
	my ($self) = @_;
	return ($self->{wait} // 0) >> 8;
}

sub get_select_handles
{
	my ($self) = @_;
	return $self->{fh};
}

1;
