# SPDX-License-Identifier: GPL-2.0-only
#
# What a qualification has done, on disk at once, so that it is resumed after whatever has ended
# it: DIR/qualify.json, what it was begun with, and DIR/steps.jsonl, a line for each event.
package Coco::Qualify::State;

use strict;
use warnings;
use Coco::Results;
use IO::Handle;
use JSON::PP ();

my $json = JSON::PP->new->canonical->utf8;

sub create
{
	my ($class, $dir, $begun) = @_;

	die "$dir: there is a qualification in it, which --resume goes on with\n" if -e "$dir/qualify.json";
	(bless { dir => $dir, begun => $begun }, $class)->save;
	return $class->resume($dir);
}

# What it was begun with, or is to go on with.
sub save
{
	my ($self) = @_;
	Coco::Results::write_file("$self->{dir}/qualify.json",
				  JSON::PP->new->canonical->pretty->utf8->encode($self->{begun}));
}

sub resume
{
	my ($class, $dir) = @_;
	my $self = bless { dir => $dir, events => [] }, $class;

	open my $fh, '<', "$dir/qualify.json" or die "$dir: there is no qualification in it: $!\n";
	$self->{begun} = eval { local $/; $json->decode(<$fh>) } // die "$dir/qualify.json cannot be understood\n";
	if (open my $steps, '<', "$dir/steps.jsonl") {
		while (<$steps>) {
			# Of the line that it was ended in, nothing is known.
			my $event = /\n\z/ ? eval { $json->decode($_) } : undef;
			push @{$self->{events}}, $event if $event;
		}
	}
	open $self->{fh}, '>>', "$dir/steps.jsonl" or die "cannot write $dir/steps.jsonl: $!\n";
	# After such a line a new one begins.
	print { $self->{fh} } "\n" if -s "$dir/steps.jsonl" && tail($dir) ne "\n";
	return $self;
}

sub tail
{
	open my $fh, '<', "$_[0]/steps.jsonl" or return "\n";
	seek $fh, -1, 2;
	return <$fh> // "\n";
}

sub add
{
	my ($self, %event) = @_;

	push @{$self->{events}}, \%event;
	print { $self->{fh} } $json->encode(\%event), "\n" or die "cannot write $self->{dir}/steps.jsonl: $!\n";
	$self->{fh}->flush or die "cannot write $self->{dir}/steps.jsonl: $!\n";
	$self->{fh}->sync;
}

sub events { return @{$_[0]{events}}; }
# Results of steps, in their order.
sub results { return grep { $_->{event} eq 'end' } @{$_[0]{events}}; }

# The seconds that its sessions took, the present one, which began at $began, until now.
sub seconds
{
	my ($self) = @_;
	my ($sum, $begin, $last) = (0);

	for (@{$self->{events}}) {
		if ($_->{event} eq 'session') {
			$sum += $last - $begin if defined $begin;
			$begin = $_->{time};
		}
		$last = $_->{time};
	}
	return $sum + (defined $begin ? $last - $begin : 0);
}

# How it ended that was not stopped: what it was in, and whether the machine went down; undef.
sub broken_off
{
	my ($self) = @_;
	my ($in, $boot, @found);

	for (@{$self->{events}}) {
		if ($_->{event} eq 'session') {
			push @found, { step => $in->{id}, round => $in->{round}, down => $boot ne $_->{boot} ? 1 : 0 }
				if $in;
			undef $in;
			$boot = $_->{boot};
		} elsif ($_->{event} eq 'begin') {
			$in = $_;
		} else {
			undef $in;
		}
	}
	return @found;
}

1;
