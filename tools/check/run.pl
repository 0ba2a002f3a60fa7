#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# The suite's own tests: every program in tools/check that speaks TAP, and the tree's
# own tests on the in-process KVM.  Called by make check, when all is built:
#
#	tools/check/run.pl --root DIR --build DIR [NAME...]
#
# Ends with a line "N passed, N failed"; exit status 1 if anything failed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Getopt::Long;
use Coco::Harness;
use Coco::Platforms;
use Coco::Report;
use Coco::Terminal;

# Seconds.  The longest are those that build kernel images.
use constant TIMEOUT => 2400;

# Those come first, so that none of them is left when all others are done.
my @first = qw(wrong_newest wrong_kernels kernel_reports compiler kvm_selftests wrong_models runs);

my %options;
$| = 1;
GetOptions(\%options, 'root=s', 'build=s') or exit 2;
my ($root, $build) = @options{qw(root build)};

# Tests get a directory: of the tree that was named, or the newest that was fetched.
my @tree = ($ENV{KDIR} // '') =~ /^debian:/ ? $ENV{KDIR} :
	length($ENV{KDIR} // '') ? () : ('--fetched', 'debian:newest');
if (@tree) {
	open my $fh, '-|', "$root/tools/tree.sh", '--out', $build, @tree
		or die "cannot run tools/tree.sh: $!\n";
	chomp($ENV{KDIR} = <$fh> // '');
	# Without a newest one its tests say that they are skipped.
	close $fh or @tree == 2 or exit 2;
}

sub job
{
	my ($name, $argv, %env) = @_;
	return {
		id => $name, title => $name, argv => $argv, timeout => TIMEOUT,
		# As a user's shell would have it: make's own variables are not for us.
		env => { ROOT => $root, BUILD => $build, KDIR => undef, CHECK_KDIR => $ENV{KDIR},
			 MAKEFLAGS => undef, MFLAGS => undef, MAKELEVEL => undef,
			 MAKEOVERRIDES => undef, LLVM => undef, CC => undef, %env },
	};
}

my @jobs;
for my $path (sort glob "\Q$root\E/tools/check/*.sh \Q$root\E/tools/check/*_test.pl") {
	my ($name) = $path =~ m{([^/]+)\.(?:sh|pl)$};
	push @jobs, job($name, [$path]) if -x $path;
}
for my $path (sort glob "\Q$root\E/tools/check/*_unit.c") {
	my ($name) = $path =~ m{([^/]+)\.c$};
	push @jobs, job($name, ["$build/tools/check/$name"]);
}
if (@ARGV) {
	my %wanted = map { $_ => 1 } @ARGV;
	my %there = map { $_->{id} => 1 } @jobs;
	for (grep { !$there{$_} } @ARGV) {
		print STDERR "unknown test '$_'; there are: @{[sort keys %there]}\n";
		exit 2;
	}
	@jobs = grep { $wanted{$_->{id}} } @jobs;
}

Coco::Terminal::setup(0);
my %first = map { $first[$_] => $_ } 0 .. $#first;
@jobs = sort { ($first{$a->{id}} // @first) <=> ($first{$b->{id}} // @first) } @jobs;
# Most of a test is one process after the other, and the longest use several by themselves.
chomp(my $processors = `nproc`);
my $content = Coco::Harness::run(\@jobs, parallel => $processors > 4 ? 4 : $processors);
my @verdicts = map { $_->{verdict} } @jobs;
my $n = Coco::Report::tally(@verdicts);
my @failures = Coco::Report::failures(1, @jobs);

print map { "$_\n" } Coco::Terminal::paint('', 'Failures:', @failures) if @failures;
print "\n$n->{skip} skipped:\n", map { "  $_\n" } Coco::Report::skip_reasons(@verdicts)
	if $n->{skip};
# What lacks a result here has failed.
$n->{fail} += $n->{undriven};
$n->{fail}++ if !$content && !$n->{fail};
printf "\n%d passed, %d failed\n", $n->{pass} + $n->{known}, $n->{fail};
exit($n->{fail} || !$n->{pass} ? 1 : 0);
