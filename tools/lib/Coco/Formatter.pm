# SPDX-License-Identifier: GPL-2.0-only
#
# What is printed while tests run: a line for each program, its failed cases below
# it, or every case if {cases} is set, or nothing if {quiet} is.  Jobs end in any order; each
# one is printed as a whole.
package Coco::Formatter;

use strict;
use warnings;
use Coco::Report;
use Coco::SourceHandler;
use Coco::Terminal;

# {cases}: print every case; {quiet}: none; {total}: how many jobs there are.
sub new
{
	my ($class, %options) = @_;
	return bless { done => 0, failed => 0, %options }, $class;
}

sub prepare { }
sub summary { }
sub verbosity { return 0; }

sub open_test
{
	my ($self, $description, $parser) = @_;
	my $job = Coco::SourceHandler->job($description);

	return bless {
		formatter => $self, job => $job, parser => $parser,
	}, 'Coco::Formatter::Session';
}

package Coco::Formatter::Session;

sub result { Coco::Terminal::tick(); }

sub close_test
{
	my ($self) = @_;
	Coco::Harness::go_on();
	my $verdict = $self->{job}{verdict};
	my $parser = $self->{parser};

	# A second opinion: whatever TAP::Parser finds wrong is never passed over.
	if (!$verdict->count('fail') && ($parser->has_problems || $parser->parse_errors)) {
		$verdict->problem("TAP::Parser: $_") for
			$parser->parse_errors ? $parser->parse_errors : 'has problems';
	}
	my $formatter = $self->{formatter};
	Coco::Terminal::clear();
	print Coco::Terminal::paint(Coco::Report::job_lines($self->{job}, $formatter->{cases}))
		unless $formatter->{quiet};
	$self->{job}{done} = 1;
	$formatter->{failed}++ if $verdict->count('fail');
	Coco::Terminal::phase('tests', ++$formatter->{done}, $formatter->{total},
			      $formatter->{failed});
	delete $self->{parser};
}

1;
