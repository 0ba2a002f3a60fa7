# SPDX-License-Identifier: GPL-2.0-only
#
# What there is to know of a requirement: run_tests.sh --explain.
package Coco::Explain;

use strict;
use warnings;
use Coco::Report;

# What it is to a guest or a VMM that a kernel does not meet requirements of this kind: the
# first that matches an id.
my @meanings = (
	[qr/^(?:RACE-SETUP|LIBKVM-|GUEST-)/ => 'The suite cannot tell what it has seen: results of the ' .
		'case say nothing of the kernel.'],
	[qr/^KERNEL-/ => 'The host itself is at fault: what a guest or a VMM does makes its kernel ' .
		'warn, leak, sleep where it must not, or touch what is not its own. Whoever can do ' .
		'that to a host may take it down.'],
	[qr/^ORDER-/ => 'Two threads of a VMM that call KVM at once get results, or leave a guest, that ' .
		'no order of their calls explains: what was measured is not what runs, or the ' .
		'host is left with what belongs to nobody.'],
	[qr/-RACE-|^RACE-/ => 'A guest that changes its memory while the host reads it gets the host ' .
		'to act on what it has not checked, or harms itself more than a guest may.'],
	[qr/-VMM-/ => 'A VMM that does what is allowed, at an unusual time, gets something else than ' .
		'the ABI promises: an answer that is lost, a guest that does not go on.'],
	[qr/^SNP-CERTS-|^SNP-EXT-/ => 'The attestation report of an SNP guest comes without the ' .
		'certificates that verify it, with those of another request, or not at all: the ' .
		'guest cannot prove what it is, and gets none of its secrets.'],
	[qr/^SNP-REQ-/ => 'A request of an SNP guest to the firmware, as for an attestation report, is ' .
		'lost, made twice, or answered with a status that is not true: sequence numbers go out ' .
		'of step, and Linux in the guest stops to use the channel.'],
	[qr/^SNP-PSC-/ => 'Guest and VMM disagree on which pages are private: the guest uses memory ' .
		'that was not converted, or the VMM gives away, or keeps, memory that is in use.'],
	[qr/^SNP-AP-/ => 'vCPUs that an SNP guest starts or stops itself do not start, do not stop, or ' .
		'run with a state that the guest has not made.'],
	[qr/^SNP-LAUNCH-|^SEV-(?!DBG|MOVE)/ => 'A VMM that launches or keeps SEV guests by ' .
		'KVM_MEMORY_ENCRYPT_OP is refused what it may do, or gets a guest that is measured, ' .
		'limited or charged otherwise than it asked for.'],
	[qr/^SNP-/ => 'A VMM that runs an SNP guest is served where it must not be, refused what it may ' .
		'do, or gets vCPUs that are not what it set.'],
	[qr/^SEV-/ => 'KVM_MEMORY_ENCRYPT_OP does something else to a SEV guest than it says: data ' .
		'that is copied or moved is not what it was.'],
	[qr/^GHCB-/ => 'A SEV-ES or SNP guest gets an answer by the GHCB that the specification does ' .
		'not give it: it ends, or goes on with wrong data.'],
	[qr/^SVM-/ => 'A CPU runs a guest with what it has kept of it from before, where KVM has changed ' .
		'it since: intercepts, page tables or registers that are old.'],
	[qr/^MACHINE-/ => 'On a machine that has less than others, or more, a VMM is offered VMs that ' .
		'cannot run there, or is not offered those that can.'],
	[qr/^GMEM-|^VM-|^SLOT-/ => 'A VMM that uses guest_memfd or memory slots gets another memory layout ' .
		'than it asked for.'],
	[qr/^KVM-CAP-|^PREFAULT-/ => 'A VMM that asks for what this KVM does not have is not told ' .
		'so, and goes on as if it had it.'],
	[qr/^TDX-(?:QUOTE|NOTIFY)-/ => 'A TD cannot get its quote, or does not hear that there is ' .
		'one: it cannot prove what it is.'],
	[qr/^TDX-(?:MAP|ACCEPT|VIEW|WINDOW)/ => 'A TD and its VMM disagree on which memory is private: ' .
		'the TD uses what was not converted, or accesses fail for no reason.'],
	[qr/^TDX-(?:IO|MMIO|MSR|CPUID|HLT|HC|INFO|EXIT|ENTER|BUS|FATAL|FAULT)/ => 'A TD asks the host ' .
		'for what an instruction would have done (TDVMCALL), and the VMM is asked for ' .
		'something else, or the TD gets another result than it would have had elsewhere.'],
	[qr/^TDX-/ => 'A VMM that makes TDs by KVM_MEMORY_ENCRYPT_OP is refused what it may do, or ' .
		'gets a TD that is not what it asked for.'],
	[qr/^/ => 'What the document says does not hold on this kernel.'],
);

# For the suite's own tests.
sub meanings
{
	return @meanings;
}

# How many edits lead from one id to another.
sub distance
{
	my ($from, $to) = map { [split //] } @_;
	my @row = 0 .. @$to;

	for my $i (1 .. @$from) {
		my @next = ($i);
		for my $j (1 .. @$to) {
			my $least = $row[$j - 1] + ($from->[$i - 1] ne $to->[$j - 1]);
			for ($row[$j] + 1, $next[$j - 1] + 1) {
				$least = $_ if $_ < $least;
			}
			push @next, $least;
		}
		@row = @next;
	}
	return $row[-1];
}

# The ids that are most like $id.
sub nearest
{
	my ($id, @ids) = @_;
	my %distance = map { $_ => index($_, $id) >= 0 ? 0 : distance($id, $_) } @ids;
	my @order = sort { $distance{$a} <=> $distance{$b} || $a cmp $b } @ids;

	return @order > 3 ? @order[0 .. 2] : @order;
}

# Text in lines of a width that can be read, each with $indent before it.
sub wrapped
{
	my ($indent, $text) = @_;
	my ($line, @lines) = ($indent);

	for my $word (split ' ', $text) {
		if (length("$line $word") > 92 && $line ne $indent) {
			push @lines, $line;
			$line = $indent;
		}
		$line .= ($line eq $indent ? '' : ' ') . $word;
	}
	return @lines, $line;
}

# Wrong kernels and models in $root that break the requirement: lines "path: what is wrong".
sub wrong
{
	my ($root, $id) = @_;
	my @found;

	for my $path (map { glob "\Q$root\E/tools/check/$_" }
		      'wrong_kernels/*.patch', 'wrong_kernels/*/*.patch', 'wrong_models/*.patch') {
		open my $fh, '<', $path or next;
		my %head;
		while (<$fh>) {
			last if /^--- /;
			$head{$1} //= $2 if /^(Wrong|Requirement):\s*(.*?)\s*$/;
		}
		push @found, ($path =~ s{^\Q$root\E/}{}r) . ': ' . ($head{Wrong} // '')
			if grep { $_ eq $id } split /[,\s]+/, $head{Requirement} // '';
	}
	return @found;
}

# Lines on the requirement $id; dies, with those that are like it, if there is none.
sub lines
{
	my ($root, $suite, $known, $id) = @_;
	my %all = map { $_->{id} => $_ } $suite->requirements;
	my $req = $all{uc $id};
	my (@lines, %cases);

	die "--explain: there is no requirement '$id'; there are ",
		join(', ', nearest(uc $id, keys %all)), "\n" unless $req;
	$id = $req->{id};
	for my $test ($suite->names) {
		my @names = map { $_->{name} } grep { grep { $_ eq $id } @{$_->{reqs}} }
			$suite->cases($test);
		$cases{$test} = \@names if @names;
	}
	my $section = sub {
		my ($title, @text) = @_;
		push @lines, '', "$title:", @text if @text;
	};
	push @lines, $id, wrapped('  ', ucfirst("$req->{text}."));
	$section->('Source', wrapped('  ', "$req->{document}, $req->{section}"));
	my ($meaning) = grep { $id =~ $_->[0] } @meanings;
	$section->('Where a kernel does not meet it', wrapped('  ', $meaning->[1]));
	$section->('Cases', map {
		my @names = @{$cases{$_}};
		my @more = @names > 6 ? '    and ' . (@names - 6) . ' more' : ();
		("  $_", (map { "    $_" } Coco::Report::first_of(6, @names)), @more);
	} sort keys %cases);
	push @lines, '', 'No case lists it; what every case on src looks at is listed by none.'
		unless %cases;
	$section->('Wrong kernels that show it', map { wrapped('  ', $_) } wrong($root, $id));
	$section->('Known issues', map { wrapped('  ', "$_->{trees}: $_->{evidence}") }
		   $known->of_requirement($id));
	return @lines;
}

1;
