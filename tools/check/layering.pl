#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# Who needs whom: prints each dependency that the order of folders does not allow.
#
#	tools/check/layering.pl ROOT BUILD
#
# ROOT is the repository, BUILD where it has been built: obj/ and pic/ hold its objects.  A
# file needs the headers that it includes and the symbols that its object leaves to others.
# Status 0, 1 if something was printed, or 2 with a message on stderr.
use strict;
use warnings;
use File::Find;

# From the top down.  A folder needs only those below it, not those beside it either; and
# include/NAME counts as lib/NAME.
my @ORDER = (
	[qw(x86_64)],
	[qw(lib/cases)],
	[qw(lib/attest)],
	[qw(lib/snp lib/tdx)],
	[qw(lib/vm)],
	[qw(lib/check)],
	[qw(lib/exits)],
	[qw(lib/guest)],
	# Apart from those above: they know nothing of each other but include/*.h.
	[qw(lib/inproc)],
	# Two platforms, apart in all their folders, since one of them is linked.
	[qw(lib/inproc/src lib/inproc/ref)],
	[qw(lib/inproc/src/services)],
	[qw(lib/inproc/src/hw lib/inproc/ref/device)],
	[qw(lib/inproc/src/watch)],
	[qw(lib/inproc/src/sched)],
	[qw(lib/inproc/src/vm)],
	# The image, compiled for itself, and only its headers are looked at.
	[qw(lib/inproc/src/kernel/amd lib/inproc/src/kernel/tdx)],
	[qw(lib/inproc/src/kernel/intel)],
	[qw(lib/inproc/src/kernel/linux)],
	[qw(lib/inproc/src/kernel)],
	[qw(lib/inproc/src/image)],
	[qw(lib/inproc/engine/kvm lib/inproc/engine/unicorn)],
	[qw(lib/inproc/engine)],
	[qw(lib/inproc/base)],
	# Not a folder of it: what the suite and the in-process KVM have agreed on.
	[qw(include)],
);
my ($APART, $KERNEL) = ('lib/inproc', 'lib/inproc/src/kernel');
# Lists that a header of that folder is made of.
my %PART_OF = ('include/requirements' => 'lib/check');
# libkvm's header for hosts, which guest code has no use for.
my ($GUEST, $HOST_HEADER) = ('lib/guest', 'kvm_util.h');

sub fail
{
	print STDERR "layering.pl: @_\n";
	exit 2;
}

fail('usage: layering.pl ROOT BUILD') unless @ARGV == 2;
my ($root, $build) = @ARGV;
chdir $root or fail("$root: $!");

my (%level, @offences);
for my $i (0 .. $#ORDER) {
	$level{$_} = $i for @{$ORDER[$i]};
}

sub under
{
	my ($folder, $top) = @_;

	return index("$folder/", "$top/") == 0;
}

# The folder that a file counts to.
sub folder
{
	my ($file) = @_;
	my ($dir) = $file =~ m{^(.*)/} or return '';
	my $first = join '/', grep { defined } (split m{/}, $dir)[0, 1];

	return $dir if $first eq $APART;
	return $PART_OF{$first} if $PART_OF{$first};
	return $first =~ m{^include/(.+)} ? "lib/$1" : $first =~ m{^x86_64} ? 'x86_64' : $first;
}

# Are they, or folders above them, beside each other in the order?
sub beside
{
	my ($mine, $theirs) = @_;

	for my $row (@ORDER) {
		my ($a) = grep { under($mine, $_) } @$row;
		my ($b) = grep { under($theirs, $_) } @$row;
		return 1 if $a && $b && $a ne $b;
	}
	return 0;
}

# The file without its suffix; a source and its header are one.
sub unit
{
	my ($file) = @_;

	return folder($file) . '/' . ($file =~ m{([^/]+)\.\w+$})[0];
}

my %needs;	# unit -> unit -> a text that says what for

# $from needs $what (a header or a symbol), which is $to's.
sub need
{
	my ($from, $what, $to) = @_;
	my ($mine, $theirs) = (folder($from), folder($to));

	if ($mine eq $theirs) {
		my ($a, $b) = (unit($from), unit($to));
		$needs{$a}{$b} //= "$from needs $what of $b" if $a ne $b && !under($mine, $APART);
		return;
	}
	return if $theirs eq 'include';
	my $why;
	if (under($mine, $APART) != under($theirs, $APART) ||
	    under($theirs, $KERNEL) && !under($mine, $KERNEL)) {
		$why = "apart from it";
	} elsif (!defined $level{$mine} || !defined $level{$theirs}) {
		# Said elsewhere.
		return;
	} elsif (beside($mine, $theirs)) {
		$why = "beside it";
	} elsif ($level{$theirs} < $level{$mine}) {
		$why = "above it";
	}
	push @offences, "$from needs $what of $theirs, which is $why" if $why;
}

# The header that a line of $file includes, as a path in the repository; undef: not ours.
sub resolve
{
	my ($file, $name) = @_;
	my ($dir) = $file =~ m{^(.*)/};
	my @dirs = ($dir, 'include');

	push @dirs, under($dir, $KERNEL) ? $KERNEL : $APART if under($dir, $APART);

	for my $path (map { "$_/$name" } @dirs) {
		1 while $path =~ s{(^|/)(?!\.\./)[^/]+/\.\./}{$1};
		return $path if -e $path;
	}
	return undef;
}

# ---- headers ----

my @sources;
find({ no_chdir => 1, wanted => sub { push @sources, $_ if /\.[chS]$/ && -f } },
	grep { -d } qw(include lib x86_64));
@sources = sort @sources;
fail("$root: no sources") unless @sources;

my %homeless;
for my $file (@sources) {
	my $folder = folder($file);

	$homeless{$folder}++ if !defined $level{$folder};
	open my $fh, '<', $file or fail("$file: $!");
	while (<$fh>) {
		my ($name) = /^\s*#\s*include\s*[<"]([^>"]+)[>"]/ or next;
		my $header = resolve($file, $name);

		if ($header) {
			need($file, $header, $header);
		} elsif ($folder eq $GUEST && $name eq $HOST_HEADER) {
			push @offences, "$file needs $name of libkvm, which is for hosts";
		}
	}
}
push @offences, map { "$_ has no place in the order" } sort keys %homeless;

# ---- symbols ----

my %source;	# object -> source
my @unbuilt;
for my $file (grep { /\.[cS]$/ && !under(folder($_), $KERNEL) } @sources) {
	my $object = ($file =~ m{^$APART/} ? 'pic/' : 'obj/') . $file =~ s/\.\w+$/.o/r;

	if (-e "$build/$object") {
		$source{"$build/$object"} = $file;
	} else {
		push @unbuilt, "$file has not been built: no $build/$object";
	}
}
# Before a first build, or after a change of headers: one line.
@unbuilt = @unbuilt . " sources have not been built in $build: make does that" if @unbuilt > 3;
push @offences, @unbuilt;

my (%defined, @wanted);
if (%source) {
	open my $nm, '-|', 'nm', '-A', '-P', '-g', sort keys %source
		or fail("cannot run nm: $!");
	while (<$nm>) {
		my ($object, $symbol, $type) = /^(.*): (\S+) (\w)(?: |$)/ or next;

		if ($type =~ /[Uwv]/) {
			push @wanted, [$source{$object}, $symbol];
		} else {
			push @{$defined{$symbol}}, $source{$object};
		}
	}
	close $nm or fail('nm failed');
}
for (@wanted) {
	my ($file, $symbol) = @$_;
	my @there = grep { under($_, $APART) == under($file, $APART) } @{$defined{$symbol} // []};
	# One of several tests', or of both platforms', is nobody's in particular: the folder
	# of any will do that is not beside it.
	my ($to) = ((grep { !beside(folder($file), folder($_)) } @there), @there);

	need($file, $symbol, $to) if $to;
}

# ---- circles in a folder ----

# Tarjan's: units that reach each other have one number.
my (%index, %low, %on, %group, @stack);
my $next = 0;
sub visit
{
	my ($unit) = @_;

	$index{$unit} = $low{$unit} = $next++;
	push @stack, $unit;
	$on{$unit} = 1;
	for my $to (sort keys %{$needs{$unit}}) {
		if (!defined $index{$to}) {
			visit($to);
			$low{$unit} = $low{$to} if $low{$to} < $low{$unit};
		} elsif ($on{$to}) {
			$low{$unit} = $index{$to} if $index{$to} < $low{$unit};
		}
	}
	return if $low{$unit} != $index{$unit};
	while (my $member = pop @stack) {
		$on{$member} = 0;
		$group{$member} = $index{$unit};
		last if $member eq $unit;
	}
}
for my $unit (sort keys %needs) {
	visit($unit) unless defined $index{$unit};
}
for my $from (sort keys %needs) {
	for my $to (sort keys %{$needs{$from}}) {
		push @offences, "$needs{$from}{$to}, in a circle"
			if $group{$from} == $group{$to};
	}
}

my %said;
print map { "$_\n" } grep { !$said{$_}++ } @offences;
exit(@offences ? 1 : 0);
