# SPDX-License-Identifier: GPL-2.0-only
#
# What only a person at a terminal gets: a line that moves while something takes time, on
# stderr, and colours, on stdout.
package Coco::Terminal;

use strict;
use warnings;
use Time::HiRes qw(time);

my ($moving, $colours, $start, $drawn) = (0, 0, time, '');
my ($what, $done, $total, $failed);

# $quiet: no moving line.
sub setup
{
	my ($quiet) = @_;
	my $dumb = ($ENV{TERM} // 'dumb') eq 'dumb';

	$moving = -t STDERR && !$dumb && !$quiet;
	$colours = -t STDOUT && !$dumb && !length($ENV{NO_COLOR} // '');
}

# $done of $total are done of what now takes time, $what.
sub phase
{
	my ($new, $n, $of, $bad) = @_;

	$start = time if ($what // '') ne $new;
	($what, $done, $total, $failed) = ($new, $n, $of, $bad);
	tick();
}

sub seconds
{
	my ($s) = @_;
	return $s < 100 ? sprintf '%d s', $s : sprintf '%d min %02d s', $s / 60, $s % 60;
}

# Draw the line anew.
sub tick
{
	return unless $moving && defined $what;
	my $took = time - $start;
	my $line = "$what: $done of $total done";
	$line .= ", $failed failed" if $failed;
	$line .= ', ' . seconds($took);
	# By what the others took; of the first ones that says nothing.
	$line .= ', about ' . seconds($took / $done * ($total - $done)) . ' left'
		if $done && $done < $total && $took > 3;
	return if $line eq $drawn;
	print STDERR "\r\e[K", substr($line, 0, columns() - 1);
	$drawn = $line;
}

# Take the line away: before something is printed that stays.
sub clear
{
	print STDERR "\r\e[K" if length $drawn;
	$drawn = '';
}

my $columns;
sub columns
{
	my $size = "\0" x 8;
	# TIOCGWINSZ
	$columns //= ioctl(STDERR, 0x5413, $size) ? (unpack 'S4', $size)[1] : 80;
	return $columns || 80;
}

# The lines of a handle, all of them, while the line goes on moving.
sub lines
{
	my ($fh) = @_;
	my ($text, $bits) = ('', '');

	vec($bits, fileno($fh), 1) = 1;
	while (1) {
		if (select(my $ready = $bits, undef, undef, 0.5) == 0) {
			tick();
			next;
		}
		my $n = sysread $fh, $text, 65536, length $text;
		next if !defined $n && $!{EINTR};
		last unless $n;
	}
	return split /(?<=\n)/, $text;
}

# Lines as they are printed: what failed is red, what passed green.
sub paint
{
	my (@lines) = @_;

	return @lines unless $colours;
	for (@lines) {
		s/\b([1-9]\d* (?:failed|broken|breaks?)|FAILED|Failures:|Broken:)/\e[31m$1\e[0m/g;
		s/\b([1-9]\d* (?:passed|fixed|fixes)|REPAIRED)\b/\e[32m$1\e[0m/g;
		s/\b([1-9]\d* (?:known issues?|not driven))\b/\e[33m$1\e[0m/g;
	}
	return @lines;
}

1;
