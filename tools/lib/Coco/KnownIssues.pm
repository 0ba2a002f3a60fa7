# SPDX-License-Identifier: GPL-2.0-only
#
# The list of known issues: tools/known-issues, which describes its own format.
package Coco::KnownIssues;

use strict;
use warnings;

# The list in $path; dies with "$path:LINE: what is wrong" for the first bad line.
sub load
{
	my ($class, $path) = @_;
	my (@issues, %seen);

	open my $fh, '<', $path or die "cannot read $path: $!\n";
	while (my $line = <$fh>) {
		chomp $line;
		next if $line =~ /^\s*(?:#|$)/;
		my $bad = sub { die "$path:$.: $_[0]\n" };
		my @fields = map { s/^\s+|\s+$//gr } split /\|/, $line, -1;

		$bad->('needs three fields: REQUIREMENT | trees | evidence') unless @fields == 3;
		my ($req, $trees, $evidence) = @fields;
		$bad->("'$req' is no requirement id") unless $req =~ /^[A-Z0-9]+(?:-[A-Z0-9]+)*$/;
		$bad->('names no trees') unless length $trees;
		$bad->('gives no evidence') unless length $evidence;
		my @alternatives = map { [split ' '] } split /,/, $trees;
		for my $conditions (@alternatives) {
			$bad->("an empty entry in '$trees'") unless @$conditions;
			for (@$conditions) {
				$bad->("'$_' is no version condition") unless
					/^(?:[<>]=?|=)?\d+(?:\.\d+)*$/ || /^\d+(?:\.\d+)*\.\*$/;
			}
		}
		$bad->("$req is listed for '$trees' already") if $seen{"$req $trees"}++;
		push @issues, {
			req => $req, trees => $trees, evidence => $evidence,
			alternatives => \@alternatives, place => "$path:$.",
		};
	}
	return bless \@issues, $class;
}

sub compare
{
	my ($left, $right) = @_;
	my @left = split /\./, $left;
	my @right = split /\./, $right;

	while (@left || @right) {
		my $order = (shift @left // 0) <=> (shift @right // 0);
		return $order if $order;
	}
	return 0;
}

sub condition_holds
{
	my ($condition, $version) = @_;
	my ($op, $bound) = $condition =~ /^([<>]=?|=)?(.*)$/;

	unless (defined $op) {
		$bound =~ s/\.\*$//;
		return "$version." =~ /^\Q$bound.\E/;
	}
	my $order = compare($version, $bound);
	return $op eq '<' ? $order < 0 : $op eq '<=' ? $order <= 0 :
	       $op eq '>' ? $order > 0 : $op eq '>=' ? $order >= 0 : $order == 0;
}

# The issues of a tree with this version, such as "6.12.117"; a suffix as in "7.1.0-rc3"
# or "6.12.9-amd64" is not looked at.
sub issues_of_version
{
	my ($self, $version) = @_;

	($version) = $version =~ /^(\d+(?:\.\d+)*)/ or return;
	return grep {
		grep { !grep { !condition_holds($_, $version) } @$_ } @{$_->{alternatives}}
	} @$self;
}

# Of these, {requirement id => evidence}.
sub of_version
{
	my ($self, $version) = @_;
	return { map { $_->{req} => $_->{evidence} } $self->issues_of_version($version) };
}

# The issues of a requirement, of whatever tree.
sub of_requirement
{
	my ($self, $req) = @_;
	return grep { $_->{req} eq $req } @$self;
}

1;
