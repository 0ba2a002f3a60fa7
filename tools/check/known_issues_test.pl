#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# The parser of tools/known-issues: conditions, and every bad line.
use strict;
use warnings;
use File::Temp;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Coco::KnownIssues;

sub parse
{
	my ($text) = @_;
	my $file = File::Temp->new;

	print $file $text;
	close $file;
	my $issues = eval { Coco::KnownIssues->load($file->filename) };
	return $issues // $@ =~ s/.*?(?=:\d+: )//sr;
}

my @matches = (
	# condition		version			does it match
	['6.12.117',		'6.12.117',		1],
	['6.12.117',		'6.12.118',		0],
	['6.12.1',		'6.12.117',		0],
	['6.12',		'6.12.117',		1],
	['6.12',		'6.1.2',		0],
	['6.1.*',		'6.12.0',		0],
	['6.12.*',		'6.12.0',		1],
	['=6.12',		'6.12.0',		1],
	['=6.12',		'6.12.1',		0],
	['<7.0',		'6.99.3',		1],
	['<7.0',		'7.0.0-rc3',		0],
	['<=7.0',		'7.0.0',		1],
	['>6.9',		'6.12.0',		1],
	['>6.12',		'6.12.0',		0],
	['>=6.12',		'6.12.0-38-amd64',	1],
	['>=6.11 <6.13',	'6.12.4',		1],
	['>=6.11 <6.13',	'6.13.0',		0],
	['5.10.*, >=6.11 <6.13', '5.10.3',		1],
	['5.10.*, >=6.11 <6.13', '6.0.0',		0],
	['6.12',		'unknown',		0],
);
for (@matches) {
	my ($condition, $version, $want) = @$_;
	my $known = parse("A-B | $condition | commit\n")->of_version($version);
	is(exists $known->{'A-B'} ? 1 : 0, $want, "'$condition' and $version");
}

my $fields = 'needs three fields: REQUIREMENT | trees | evidence';
my @bad = (
	['one field',		"A-B\n",		":1: $fields"],
	['four fields',		"A | 6 | x | y\n",	":1: $fields"],
	['bad id',		"# c\n\nab | 6 | x\n",	":3: 'ab' is no requirement id"],
	['empty id',		" | 6 | x\n",		":1: '' is no requirement id"],
	['no trees',		"A |  | x\n",		':1: names no trees'],
	['no evidence',		"A | 6 |\n",		':1: gives no evidence'],
	['bad condition',	"A | ~6 | x\n",		":1: '~6' is no version condition"],
	['star inside',		"A | 6.*.1 | x\n",	":1: '6.*.1' is no version condition"],
	['empty entry',		"A | 6,,7 | x\n",	":1: an empty entry in '6,,7'"],
	['twice',		"A | 6 | x\nA | 6 | y\n", ":2: A is listed for '6' already"],
);
for (@bad) {
	my ($name, $text, $want) = @$_;
	is(parse($text), "$want\n", $name);
}

like(eval { Coco::KnownIssues->load('/nonexistent/list') } // $@, qr/^cannot read/, 'no such file');
is(parse("A | 6.12 | why\n")->of_version('6.12.3')->{A}, 'why', 'the evidence is the hint');
is(scalar @{parse("# only\n\n   # comments\n")}, 0, 'comments and empty lines');

# The list itself names only requirements that exist.
my $root = "$FindBin::RealBin/../..";
my $list = Coco::KnownIssues->load("$root/tools/known-issues");
my @headers = glob "\Q$root\E/include/requirements/*.h";
my %defined;
for my $header (@headers) {
	open my $fh, "<", $header or die "$header: $!\n";
	$defined{$_} = 1 for join("", <$fh>) =~ /"([A-Z0-9]+(?:-[A-Z0-9]+)+)"/g;
}
ok($defined{$_->{req}}, "tools/known-issues: $_->{req} is in include/requirements") for @$list;

done_testing();
