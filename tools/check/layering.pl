#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# Who needs whom: prints each dependency that the order of folders does not allow.
#
#	tools/check/layering.pl ROOT OBJ
#
# ROOT is the repository, OBJ the directory of its objects (obj/ of a build).  A file
# needs the headers that it includes and the symbols that its object leaves to others.
# Status 0, 1 if something was printed, or 2 with a message on stderr.
use strict;
use warnings;
use File::Find;

# From the top down.  A folder needs only those below it, not those beside it either; and
# include/NAME counts as lib/NAME.
my @ORDER = (
	[qw(x86_64)],
	[qw(lib/cases)],
	[qw(lib/snp lib/tdx)],
	[qw(lib/vm)],
	[qw(lib/check)],
	[qw(lib/exits)],
	[qw(lib/guest)],
	# Not a folder of it: what the suite and the in-process KVM have agreed on.
	[qw(include)],
);
# Apart: it and the others know nothing of each other but include/*.h.  Headers alone are
# looked at, since neither is linked with the other.
my $APART = 'lib/inproc';
# Lists that a header of that folder is made of.
my %PART_OF = ('include/requirements' => 'lib/check');
# libkvm's header for hosts, which guest code has no use for.
my ($GUEST, $HOST_HEADER) = ('lib/guest', 'kvm_util.h');

sub fail
{
	print STDERR "layering.pl: @_\n";
	exit 2;
}

fail('usage: layering.pl ROOT OBJ') unless @ARGV == 2;
my ($root, $obj) = @ARGV;
chdir $root or fail("$root: $!");

my (%level, @offences);
for my $i (0 .. $#ORDER) {
	$level{$_} = $i for @{$ORDER[$i]};
}

# The folder that a file counts to.
sub folder
{
	my ($file) = @_;
	my ($dir) = $file =~ m{^(.*)/} or return '';
	my $first = join '/', grep { defined } (split m{/}, $dir)[0, 1];

	return $APART if $first eq $APART;
	return $PART_OF{$first} if $PART_OF{$first};
	return $first =~ m{^include/(.+)} ? "lib/$1" : $first =~ m{^x86_64} ? 'x86_64' : $first;
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
		$needs{$a}{$b} //= "$from needs $what of $b" if $a ne $b && $mine ne $APART;
		return;
	}
	return if $theirs eq 'include';
	my $why;
	if ($mine eq $APART || $theirs eq $APART) {
		$why = "apart from it";
	} elsif (!defined $level{$mine} || !defined $level{$theirs}) {
		# Said elsewhere.
		return;
	} elsif ($level{$theirs} == $level{$mine}) {
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
	my @dirs = ($dir, 'include', folder($file) eq $APART ? $APART : ());

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

	$homeless{$folder}++ if $folder ne $APART && !defined $level{$folder};
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
for my $file (grep { /\.[cS]$/ && folder($_) ne $APART } @sources) {
	my $object = "$obj/" . $file =~ s/\.\w+$/.o/r;

	if (-e $object) {
		$source{$object} = $file;
	} else {
		push @offences, "$file has not been built: no $object";
	}
}

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
	# One of several tests' is nobody's in particular: any will do to name the folder.
	my $to = ($defined{$symbol} // [])->[0] // next;

	need($file, $symbol, $to);
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
