#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# Many wrong kernels as one: most mistakes are within functions, so that one source can have
# the functions of them all, and a number in the image says which is called.
#
#	batch.pl DIR PATCH...
#
# Each source in DIR that patches touch becomes one in which a function that a patch changes
# is there once as it was, once as each patch has it, and once as the choice among them.  The
# patches that can be had so go to stdout, each with its number, from 1 on; the others (what
# they change is no function's body) have to be compiled by themselves.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use File::Spec;

my ($dir, @patches) = @ARGV;
my $scratch = tempdir(CLEANUP => 1);

sub slurp
{
	my ($file) = @_;
	open(my $in, '<', $file) or die "batch.pl: $file: $!\n";
	local $/;
	return scalar <$in>;
}

# A source in the kernel's style as what lies outside of functions, and the functions: their
# heads, up to the line of the opening brace, and their bodies.
sub parts
{
	my (@outside, @heads, @bodies);
	my ($text, $body) = ('');

	for my $line (split /^/, $_[0]) {
		if (defined $body) {
			$body .= $line;
			next if $line ne "}\n";
			push @bodies, $body;
			undef $body;
		} elsif ($line eq "{\n" && $text =~ s/((?:^[^\n#][^\n]*(?<![;}\/])\n)+)\z//m) {
			push @outside, $text;
			push @heads, $1;
			($text, $body) = ('', $line);
		} else {
			$text .= $line;
		}
	}
	return { outside => [@outside, $text], heads => \@heads, bodies => \@bodies };
}

# What a function is called, and what its parameters are; nothing for a head that is not read.
sub prototype_of
{
	my ($head) = @_;
	my ($name, $list) = $head =~ /(\w+)\s*\((.*)\)\s*\z/s or return;
	my @names;

	return if $name =~ /^[A-Z_0-9]+$/ || $list =~ /[()]|\.\.\./;
	return ($name) if $list =~ /^\s*void\s*$/;
	for (split /,/, $list) {
		/(\w+)\s*(?:\[\w*\]\s*)?\z/ or return;
		push @names, $1;
	}
	return ($name, @names);
}

# The functions that a patch changes, by source: { FILE => { INDEX => BODY } }.
sub changes
{
	my ($patch, $sources) = @_;
	my (%changes, %files);

	$files{$_} = 1 for slurp($patch) =~ m{^\+\+\+ b/(\S+)}mg;
	for my $file (keys %files) {
		return unless $sources->{$file};
		make_path(dirname("$scratch/$file"));
		copy("$dir/$file", "$scratch/$file") or die "batch.pl: $file: $!\n";
	}
	system('patch', '-d', $scratch, '-p1', '--batch', '--forward', '-s', '-r', '-', '-i', File::Spec->rel2abs($patch))
		and return;
	for my $file (keys %files) {
		my ($old, $new) = ($sources->{$file}, parts(slurp("$scratch/$file")));
		for my $part (qw(outside heads)) {
			return if join("\0", @{$old->{$part}}) ne join("\0", @{$new->{$part}});
		}
		for my $i (grep { $old->{bodies}[$_] ne $new->{bodies}[$_] } 0 .. $#{$old->{bodies}}) {
			return unless prototype_of($old->{heads}[$i]);
			$changes{$file}{$i} = $new->{bodies}[$i];
		}
	}
	return \%changes;
}

# A function in all its forms: { NUMBER => BODY }, 0 as it was.
sub choice
{
	my ($head, $bodies) = @_;
	my ($name, @parameters) = prototype_of($head);
	# One that names itself, as what is called next, means the choice.
	my ($all, $choice) = ("extern int coco_wrong[];\n$head;\n", "{\n\tswitch (coco_wrong[3]) {\n");

	for my $nr (sort { $a <=> $b } keys %$bodies) {
		my $call = "return ${name}__$nr(" . join(', ', @parameters) . ");\n";

		$all .= ($head =~ s/\b$name(\s*\()/${name}__$nr$1/r) . $bodies->{$nr};
		$choice .= $nr ? "\tcase $nr: $call" : "\tdefault: $call";
	}
	return "$all$head$choice\t}\n}\n";
}

my %sources = map { $_ => parts(slurp("$dir/$_")) }
	grep { -e "$dir/$_" } map { slurp($_) =~ m{^\+\+\+ b/(\S+\.c)$}mg } @patches;
my %bodies;
my $nr = 0;
for my $patch (@patches) {
	my $changes = changes($patch, \%sources) or next;
	$nr++;
	for my $file (keys %$changes) {
		$bodies{$file}{$_}{$nr} = $changes->{$file}{$_} for keys %{$changes->{$file}};
	}
	print "$patch $nr\n";
}

for my $file (keys %sources) {
	my ($source, $changed) = ($sources{$file}, $bodies{$file});
	open(my $out, '>', "$dir/$file") or die "batch.pl: $file: $!\n";
	for my $i (0 .. $#{$source->{heads}}) {
		my ($head, $body) = ($source->{heads}[$i], $source->{bodies}[$i]);

		print $out $source->{outside}[$i], $changed->{$i} ?
			choice($head, { 0 => $body, %{$changed->{$i}} }) : "$head$body";
	}
	print $out $source->{outside}[-1];
	close($out) or die "batch.pl: $file: $!\n";
}
