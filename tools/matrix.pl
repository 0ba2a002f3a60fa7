#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# The conformance matrix of several runs: called by run_tests.sh --matrix.
#
#	tools/matrix.pl --out FILE RESULT...
#
# A RESULT is a results.json, or the directory of a run that has one.  Prints the matrix as text,
# and writes it to FILE as an HTML page.  Status 0, or 2 with a message.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Coco::Matrix;
use Coco::Page;
use Coco::Results;

exit(eval { main(@ARGV) } // do {
	print STDERR "run_tests.sh: --matrix: $@";
	2;
});

sub main
{
	my ($option, $out, @paths) = @_;
	die "usage: tools/matrix.pl --out FILE RESULT...\n" unless ($option // '') eq '--out' && @paths;

	my @results = map { Coco::Results::load($_) } @paths;
	my $matrix = Coco::Matrix::of_results(@results);
	die "nothing has run in these: @paths\n" unless @{$matrix->{columns}};
	Coco::Results::write_file($out, Coco::Page::of_results(@results));
	binmode STDOUT, ':encoding(UTF-8)';
	print Coco::Matrix::text($matrix), "\nas a page: $out\n";
	return 0;
}
