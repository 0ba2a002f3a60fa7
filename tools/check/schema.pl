#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# Is FILE what the JSON Schema says?  For as much of JSON Schema as results.schema.json uses: a
# keyword that is not known here is an error, so that nothing is taken for checked.
#
#	tools/check/schema.pl SCHEMA FILE
#
# Prints the first ten places that are wrong.  Status 0, or 1.
use strict;
use warnings;
use JSON::PP;
use B ();

my ($schema, $data) = map {
	open my $fh, '<', $_ or die "cannot read $_: $!\n";
	JSON::PP->new->utf8->decode(do { local $/; <$fh> });
} @ARGV[0, 1];
our @wrong;

# JSON's type of a decoded value.
sub type
{
	my ($value) = @_;

	return 'null' unless defined $value;
	return 'boolean' if JSON::PP::is_bool($value);
	return 'object' if ref $value eq 'HASH';
	return 'array' if ref $value eq 'ARRAY';
	return 'string' if B::svref_2object(\$value)->FLAGS & B::SVp_POK;
	return $value == int $value ? 'integer' : 'number';
}

sub same
{
	my ($left, $right) = map { JSON::PP->new->canonical->allow_nonref->encode($_) } @_;
	return $left eq $right;
}

my %keyword;
%keyword = (
	(map { $_ => sub { } } qw($schema $defs title description then else)),
	'$ref' => sub {
		my ($value, $ref, $at) = @_;
		check($value, $schema->{'$defs'}{$ref =~ s{^#/\$defs/}{}r} // die("no $ref\n"), $at);
	},
	type => sub {
		my ($value, $types, $at) = @_;
		my $is = type($value);
		return if grep { $_ eq $is || $_ eq 'number' && $is eq 'integer' }
			ref $types ? @$types : $types;
		push @wrong, "$at: is of type $is";
	},
	const => sub { push @wrong, "$_[2]: is not $_[1]" unless same(@_[0, 1]) },
	enum => sub {
		my ($value, $values, $at) = @_;
		push @wrong, "$at: is no such value" unless grep { same($value, $_) } @$values;
	},
	pattern => sub {
		my ($value, $pattern, $at) = @_;
		push @wrong, "$at: '$value' does not match" if defined $value && $value !~ /$pattern/;
	},
	minimum => sub {
		push @wrong, "$_[2]: is less than $_[1]" if defined $_[0] && $_[0] < $_[1];
	},
	minLength => sub { push @wrong, "$_[2]: is too short" if length $_[0] < $_[1] },
	required => sub {
		my ($value, $names, $at) = @_;
		push @wrong, map { "$at: has no $_" } grep { !exists $value->{$_} } @$names;
	},
	properties => sub {
		my ($value, $properties, $at) = @_;
		check($value->{$_}, $properties->{$_}, "$at.$_")
			for grep { exists $value->{$_} } sort keys %$properties;
	},
	additionalProperties => sub {
		my ($value, $each, $at) = @_;
		check($value->{$_}, $each, "$at.$_") for sort keys %$value;
	},
	items => sub {
		my ($value, $each, $at) = @_;
		check($value->[$_], $each, "$at\[$_]") for 0 .. $#$value;
	},
);
$keyword{if} = sub {
	my ($value, $condition, $at, $all) = @_;
	my $holds = do {
		local @wrong;
		check($value, $condition, $at);
		!@wrong;
	};
	my $then = $all->{$holds ? 'then' : 'else'};
	check($value, $then, $at) if $then;
};

sub check
{
	my ($value, $what, $at) = @_;

	for my $word (sort keys %$what) {
		my $does = $keyword{$word} or die "schema.pl: keyword $word is not known\n";
		# Of something else the type is what is wrong.
		next if $word =~ /^(?:required|properties|additionalProperties)$/ && ref $value ne 'HASH';
		next if $word eq 'items' && ref $value ne 'ARRAY';
		$does->($value, $what->{$word}, $at, $what);
	}
}

check($data, $schema, '$');
splice @wrong, 10 if @wrong > 10;
print map { "$_\n" } @wrong;
exit(@wrong ? 1 : 0);
