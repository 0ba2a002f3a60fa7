# SPDX-License-Identifier: GPL-2.0-only
#
# Does a kernel's configuration have what the file "config" asks for?
package Coco::HostConfig;

use strict;
use warnings;

# The options of a configuration file, by name, "n" for those that are said to be unset.
# Dies if it cannot be read, or holds none.
sub read_options
{
	my ($file) = @_;
	my (%options, $fh);

	if ($file =~ /\.gz$/) {
		open $fh, '-|', 'gzip', '-dc', '--', $file or die "cannot run gzip: $!\n";
	} else {
		open $fh, '<', $file or die "cannot read $file: $!\n";
	}
	while (my $line = <$fh>) {
		$options{$1} = $2 if $line =~ /^CONFIG_(\w+)=(.*)$/;
		$options{$1} = 'n' if $line =~ /^# CONFIG_(\w+) is not set$/;
	}
	close $fh or die "cannot read $file\n";
	die "$file is no kernel configuration: it sets nothing\n" unless %options;
	return \%options;
}

# What is wanted, for 'AMD' or 'Intel': [option, value]s in the file's order.  A line that
# is such a word alone begins what only that vendor's hosts need.
sub wanted
{
	my ($file, $vendor) = @_;
	my ($section, @wanted) = ('');

	open my $fh, '<', $file or die "cannot read $file: $!\n";
	while (my $line = <$fh>) {
		$section = $1 if $line =~ /^# (AMD|Intel)$/;
		next unless $line =~ /^CONFIG_(\w+)=(\w+)$/;
		push @wanted, [$1, $2] if $section eq '' || $section eq $vendor;
	}
	return @wanted;
}

# What of it $options lack, in words.  What may be a module may be built in.
sub lacks
{
	my ($options, @wanted) = @_;
	my @lacks;

	for (@wanted) {
		my ($name, $value) = @$_;
		my $got = $options->{$name} // 'n';
		next if $got eq $value || $value eq 'm' && $got eq 'y';
		push @lacks, "CONFIG_$name=$value (it is $got)";
	}
	return @lacks;
}

1;
