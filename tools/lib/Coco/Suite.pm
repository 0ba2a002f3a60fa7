# SPDX-License-Identifier: GPL-2.0-only
#
# The tests of the suite as they were built: their names, cases, requirements.
package Coco::Suite;

use strict;
use warnings;
use File::Path qw(make_path);

# The suite in $root, built in $build; or, where only programs are installed, these in $programs.
sub new
{
	my ($class, $root, $build, $programs) = @_;
	my @names = map { m{([^/]+?)(?:\.c)?$} } defined $programs ? glob "\Q$programs\E/*_test" :
		glob "\Q$root\E/x86_64/*_test.c";

	$programs //= "$build/x86_64";
	die "there are no tests in $root/x86_64\n" unless @names;
	return bless { build => $build // "", programs => $programs, names => [sort @names] }, $class;
}

sub names
{
	my ($self) = @_;
	return @{$self->{names}};
}

sub program
{
	my ($self, $name) = @_;
	return "$self->{programs}/$name";
}

# What a program says of its cases.  A run asks all of them, for what each requirement is checked
# by, so what a build has is kept beside it.
sub listing
{
	my ($self, $name) = @_;
	my $program = $self->program($name);
	my $kept = $self->{programs} eq "$self->{build}/x86_64" ? "$self->{build}/cases/$name" : undef;

	if (defined $kept && -e $kept && -M _ < -C $program && open my $fh, '<', $kept) {
		return <$fh>;
	}
	open my $fh, '-|', $program, '--list' or die "cannot run $program: $!\n";
	# libkvm says things of its own before main().
	my @lines = grep { /\t/ } <$fh>;
	close $fh or die "$name --list: failed, wait status $?\n";
	# Not every user may write there, and without it all goes on.
	if (defined $kept) {
		make_path("$self->{build}/cases", { error => \my $errors });
		if (open my $to, '>', "$kept.$$") {
			print $to @lines;
			close $to and rename "$kept.$$", $kept or unlink "$kept.$$";
		}
	}
	return @lines;
}

# Its cases: a list of {name, reqs, revisions}.
sub cases
{
	my ($self, $name) = @_;

	return @{$self->{cases}{$name}} if $self->{cases}{$name};
	my @cases;
	for my $line ($self->listing($name)) {
		chomp $line;
		my ($case, $reqs, $revisions, @more) = split /\t/, $line, -1;
		die "$name --list: bad line '$line'\n"
			if !defined $revisions || @more || !length $case || !length $reqs;
		push @cases, { name => $case, reqs => [split /,/, $reqs], revisions => $revisions };
	}
	die "$name --list: no cases\n" unless @cases;
	$self->{cases}{$name} = \@cases;
	return @cases;
}

# Whose KVM a test is about, 'amd' or 'intel': /dev/kvm is of the one or the other.
sub vendor
{
	my ($self, $name) = @_;
	return $name =~ /^tdx_/ ? 'intel' : 'amd';
}

# All requirements, whatever cases list them: a list of {id, document, section, text}.
# Every program knows them.
sub requirements
{
	my ($self) = @_;
	my $program = $self->program($self->{names}[0]);

	open my $fh, '-|', $program, '--requirements' or die "cannot run $program: $!\n";
	my @list;
	while (my $line = <$fh>) {
		chomp $line;
		next unless $line =~ /\t/;
		my %requirement;
		@requirement{qw(id document section text)} = split /\t/, $line, 4;
		push @list, \%requirement;
	}
	close $fh or die "$program --requirements: failed, wait status $?\n";
	return @list;
}

sub glob_to_regex
{
	my ($glob) = @_;
	my %special = ('*' => '.*', '?' => '.');
	my $regex = join '', map { $special{$_} // quotemeta } split //, $glob;

	return qr/^$regex$/;
}

# What @arguments (TEST or TEST:CASE) select: a list of [name, arguments for the
# program].  Dies, with what there is to choose from, on one that selects nothing.
sub select
{
	my ($self, @arguments) = @_;
	my (%chosen, @order);

	@arguments = $self->names unless @arguments;
	for my $argument (@arguments) {
		my ($name, $pattern) = split /:/, $argument, 2;
		die "unknown test '$name'; the tests are:\n", map { "  $_\n" } $self->names
			unless grep { $_ eq $name } $self->names;
		push @order, $name unless exists $chosen{$name};
		$chosen{$name} //= [];
		if (!defined $pattern) {
			$chosen{$name} = undef;
			next;
		}
		my $regex = glob_to_regex($pattern);
		# A pattern matches a whole case name or its last part.
		my @matching = grep { $_ =~ $regex || s/.*\.//r =~ $regex } map { $_->{name} }
			$self->cases($name);
		die "no case of $name matches '$pattern'; its cases are:\n",
			map { "  $_->{name}\n" } $self->cases($name) unless @matching;
		push @{$chosen{$name}}, @matching if defined $chosen{$name};
	}
	return map { [$_, map { ('-r', $_) } @{$chosen{$_} // []}] } @order;
}

# All cases of the tests that @arguments select, as text: a test's name, below it its cases,
# each with its requirements, those of %$unseen marked, and the revision that it is for.
sub table
{
	my ($self, $unseen, @arguments) = @_;
	my @lines;

	for my $selected ($self->select(@arguments)) {
		my ($name, @filter) = @$selected;
		my %wanted = map { $_ => 1 } grep { $_ ne '-r' } @filter;

		push @lines, $name;
		for my $case (grep { !@filter || $wanted{$_->{name}} } $self->cases($name)) {
			my $line = sprintf '  %-38s', $case->{name};
			my @words = map { $_ . ($unseen->{$_} ? '*,' : ',') } @{$case->{reqs}};
			$words[-1] =~ s/,$//;
			push @words, "($case->{revisions})" if $case->{revisions} ne '-';
			for (@words) {
				if (length("$line $_") > 100) {
					push @lines, $line =~ s/\s+$//r;
					$line = ' ' x 40;
				}
				$line .= " $_";
			}
			push @lines, $line;
		}
	}
	return join '', map { "$_\n" } @lines;
}

1;
