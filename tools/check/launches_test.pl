#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# What KVM asks of firmware, of the TDX module and of the RMP from the launch of a guest of each
# kind to its end, against golden/launch_*.txt, which are of 7.3: a change of that order is seen
# in review, whether a model refuses it or not.  UPDATE=1 writes them anew.
#
# Pages have numbers in the order in which they are named; what is done to many guest pages is
# there once, as how many a guest has is the compiler's affair.
use strict;
use warnings;
no warnings 'portable';
use File::Temp;
use FindBin;
use Test::More;

use constant { MOST_LINES_OF_A_LOOP => 24, MANY => 16, COUNTED => qr/^TDH\.(?!MEM)|^\w*_STATUS/ };

# By hand, too: of the newest tree that was fetched.
my $root = $ENV{ROOT} // "$FindBin::RealBin/../..";
my $build = $ENV{BUILD} // "$root/build";
chomp(my $tree = $ENV{CHECK_KDIR} // qx("$root/tools/tree.sh" --out "$build" --fetched debian:newest));
# The guest is the first of that case's process, which is the last one.
my @launches = (
	# golden	vendor	  program		fixture	  variant
	['sev',		'amd',	  'sev_send_test',	'launch', 'SEV'],
	['sev_es',	'amd',	  'sev_es_ghcb_test',	'snp_only', 'page_state_change'],
	['snp',		'amd',	  'snp_ghcb_msr_test',	'msr_protocol', 'sev_info'],
	['td',		'intel',  'tdx_tdvmcall_info_test', 'start', 'gpaw_48'],
);

sub image
{
	open my $fh, '-|', "$root/tools/image.sh", '--out', $build, '--kdir', $tree or die "cannot run tools/image.sh: $!\n";
	my %said = map { /^([A-Z]+)=(.*)$/ ? ($1 => $2) : () } <$fh>;
	close $fh or return undef;
	return \%said;
}

# Lines "NAME STATUS OPERAND..." of the case's process.
sub commands
{
	my ($image, $vendor, $program, $fixture, $variant) = @_;
	my $log = File::Temp->new;
	local @ENV{qw(COCO_PLATFORM COCO_ENGINE COCO_VENDOR COCO_IMAGE COCO_COMMANDS COCO_TIMEOUT LD_PRELOAD)} =
		('src', 'unicorn', $vendor, $image, $log->filename, 120, "$build/inproc/libinproc-src.so");
	my @said = qx("$build/x86_64/$program" -f $fixture -v $variant 2>&1);
	my @lines = map { [split ' ', $_, 2] } <$log>;

	diag(@said) if $?;
	my ($last) = map { $_->[0] } reverse grep { $_->[1] =~ /^(?:TDH\.MNG\.CREATE|(?:SNP_)?LAUNCH_START)/ } @lines;
	return $? ? () : map { chomp $_->[1]; $_->[0] eq ($last // '') ? $_->[1] : () } @lines;
}

# A host physical address is the process's, and no two runs have the same: "@PAGE" as long as no
# line has been printed that names it.
sub operand
{
	my ($hex) = @_;
	my $value = hex $hex;
	my ($address, $keyid) = ($value % (1 << 47), $value >> 47);

	return "0x$hex" if $address < 1 << 40 || $keyid > 64;
	return sprintf('@%x', $address >> 12) . ($address & 0xfff ? sprintf '+%#x', $address & 0xfff : '') .
		($keyid ? " of KeyID $keyid" : '');
}

sub normal
{
	my ($name, $status, @operands) = split ' ', $_[0];
	# What there is to be read is the module's affair, and KVM tries all of it.
	my $reads = $name eq 'TDH.MNG.RD';

	for (@operands) {
		my ($which, $hex) = split /=/;
		$_ = "$which=" . ($reads && $which eq 'rdx' ? 'a field' : $which eq 'gpa' ? "0x$hex" : operand($hex));
	}
	return join(' ', $name, @operands) . ($reads || $status eq '0' ? '' : ": 0x$status");
}

# As one line of a loop: whatever guest page it is about.
sub shape
{
	my ($line) = @_;

	$line =~ s/=\@[0-9a-f]+/=a page/g;
	$line =~ s/ (gpa|rcx)=(0x[0-9a-f]{1,5}00[0-7])\b/" $1=a GPA" . (hex($2) & 7 ? ', level ' . (hex($2) & 7) : '')/ge;
	return $line;
}

sub loops
{
	my @lines = @_;
	my @shapes = map { shape($_) } @lines;
	my @out;

	for (my $i = 0; $i < @lines;) {
		my ($best, $times) = (1, 1);
		for my $length (1 .. MOST_LINES_OF_A_LOOP) {
			my $n = 1;
			$n++ while $i + ($n + 1) * $length <= @lines && same(\@shapes, $i, $i + $n * $length, $length);
			($best, $times) = ($length, $n) if $n > 1 && $n * $length > $best * $times;
		}
		if ($times == 1) {
			push @out, $lines[$i];
		} else {
			push @out, $times <= MANY && $lines[$i] =~ COUNTED ? "$times times:" : 'for each page:',
				map { "\t$_" } loops_of(@shapes[$i .. $i + $best - 1]);
		}
		$i += $best * $times;
	}
	return @out;
}

sub same
{
	my ($shapes, $at, $other, $length) = @_;

	$shapes->[$at + $_] eq $shapes->[$other + $_] or return 0 for 0 .. $length - 1;
	return 1;
}

# In a loop a line that comes again and again is there once, with how often.
sub loops_of
{
	my @out;

	while (@_) {
		my ($line, $n) = (shift, 1);
		$n++, shift while @_ && $_[0] eq $line;
		push @out, $n > 1 ? "$line, $n times" : $line;
	}
	return @out;
}

my ($version) = $tree =~ m{linux(?:-source)?-(\d+\.\d+)[^/]*/*$};
plan(skip_all => 'the golden logs are of 7.3, and this is ' . ($version // 'no such tree')) if ($version // '') ne '7.3';
my $said = image() or BAIL_OUT('no kernel image');
for (@launches) {
	my ($name, @of) = @$_;
	my $golden = "$FindBin::RealBin/golden/launch_$name.txt";
	my %number;
	my $got = join '', map { "$_\n" } loops(map { normal($_) } commands($said->{IMAGE}, @of));

	$got =~ s/\@([0-9a-f]+)/'page ' . ($number{$1} \/\/ ($number{$1} = 1 + keys %number))/ge;

	if ($ENV{UPDATE} && length $got) {
		open my $fh, '>', $golden or die "cannot write $golden: $!\n";
		print $fh $got;
	}
	open my $fh, '<', $golden or die "cannot read $golden: $!\n";
	my $want = do { local $/; <$fh> };
	ok(length $got && $got eq $want, "launch_$name") or diff($golden, $got);
}
done_testing();

sub diff
{
	my ($golden, $got) = @_;
	my $file = File::Temp->new;

	print $file $got;
	close $file;
	diag(qx(diff -u "$golden" "@{[$file->filename]}"));
}
