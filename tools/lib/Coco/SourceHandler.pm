# SPDX-License-Identifier: GPL-2.0-only
#
# Source handler for TAP::Harness: a source is the id of a job that add() knows.
# One program is several jobs: it runs on several platforms and trees.
package Coco::SourceHandler;

use strict;
use warnings;
use Coco::Iterator;
use TAP::Parser::IteratorFactory;
use parent 'TAP::Parser::SourceHandler';

my %jobs;

TAP::Parser::IteratorFactory->register_handler(__PACKAGE__);

sub add
{
	my ($class, $job) = @_;
	$jobs{$job->{id}} = $job;
}

sub job
{
	my ($class, $id) = @_;
	return $jobs{$id};
}

sub can_handle
{
	my ($class, $source) = @_;
	my $raw = $source->raw;

	return ref $raw eq 'SCALAR' && exists $jobs{$$raw} ? 1 : 0;
}

sub make_iterator
{
	my ($class, $source) = @_;
	Coco::Harness::go_on();
	return Coco::Iterator->new($jobs{${$source->raw}});
}

1;
