# SPDX-License-Identifier: GPL-2.0-only
#
# Platforms and trees: what can serve here, and the groups to run the tests in.  A
# group is one platform with one tree:
#	label	for the report		dir	its directory among the results
#	env	for the test programs
#	version	of the kernel, for the known issues
#	tests	regex of the programs that it is for (none: all); others are left out
#	others	why they are: said if nothing else remains (none: then nothing is)
#	silent	regex of those of which another group says it
#	skip	instead of all that: why it cannot be run
#	stale	the reason is ours: a patch of tools/patches that does not apply
#	stage	what its tree has more than that of the group before it (--diff, --each)
#	revision	of the reference model; reference: it is the one to compare kernels with
#	of	what the label says, in pieces: platform, engine, tree, patches, compiler,
#		sanitized; see tools/results/README
package Coco::Platforms;

use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use POSIX ();
use Coco::Terminal;

# Seconds that a VM of a test may live: a hang is reported in the case where it
# happens, with the place, before the kernel's test harness kills the case (30 s).
use constant CASE_TIMEOUT => 20;

# The status of tools/image.sh when a patch does not apply.
use constant DOES_NOT_APPLY => 3;

sub kvm_usable
{
	return sysopen(my $fh, '/dev/kvm', POSIX::O_RDWR) ? (1, '') : (0, "/dev/kvm: $!");
}

# Why hardware cannot serve here, '' if it can.
sub hw_missing
{
	my ($usable, $why) = kvm_usable();
	return $why unless $usable;
	for my $file (qw(kvm_amd/parameters/sev_snp kvm_intel/parameters/tdx)) {
		open my $fh, '<', "/sys/module/$file" or next;
		return '' if (<$fh> // '') =~ /^[Y1]/;
	}
	return "this machine's KVM has neither SEV-SNP nor TDX (--platform hw --list says why)";
}

# The engine to use, from the option or by what there is; dies if it cannot be.
sub engine
{
	my ($wanted) = @_;
	my ($usable, $why) = kvm_usable();

	if (($wanted // '') eq 'kvm' && !$usable) {
		die "--engine kvm: $why (--engine unicorn needs no /dev/kvm)\n";
	}
	return $wanted // ($usable ? 'kvm' : 'unicorn');
}

# The groups for $options->{platform}: a list of hashes as above.
sub groups
{
	my ($options) = @_;
	my $platform = $options->{platform} // 'default';
	my @groups;

	push @groups, src_groups($options) if $platform =~ /^(?:default|all|src|src-as-hw)$/;
	if ($platform =~ /^(?:default|all|hw)$/) {
		# Asked for by name the tests themselves say what is missing.
		my $missing = $platform eq 'hw' ? '' : hw_missing();
		my $release = (POSIX::uname())[2];
		push @groups, {
			label => "hw $release", dir => 'hw', version => $release, skip => $missing,
			of => { platform => 'hw', tree => $release },
			env => { COCO_PLATFORM => 'hw', COCO_ENGINE => undef, COCO_IMAGE => undef,
				 LD_PRELOAD => undef },
		};
	}
	push @groups, ref_groups($options) if $platform =~ /^(?:default|all|ref)$/;
	return @groups;
}

# SNP tests that are not for the reference model: of what any VM has, or of what it does not model.
my $not_modelled = join '|', qw(caps launch_cpuid served vmrun);

# The reference model speaks each revision of the exits; the others differ in what is listed.
sub ref_groups
{
	my ($options) = @_;
	my $engine = engine($options->{engine});

	return map {
		my ($revision, $tests, $others, $silent) = @$_;
		{
			label => "ref/$engine $revision", dir => "ref-$engine-$revision",
			version => '', tests => $tests, others => $others, silent => $silent,
			revision => $revision, reference => scalar $revision =~ /^(?:tdx|snp)$/,
			of => { platform => 'ref', engine => $engine },
			env => {
				COCO_PLATFORM => 'ref',
				COCO_ENGINE => $engine,
				COCO_IMAGE => undef,
				COCO_REF_REVISION => $revision,
				COCO_TIMEOUT => CASE_TIMEOUT,
				LD_PRELOAD => "$options->{build}/inproc/libinproc-ref.so",
			},
		}
	} (['tdx', qr/^tdx_/],
	   ['snp', qr/^snp_(?!(?:$not_modelled)_)/,
	    'the reference model lacks what they are about', qr/^tdx_/],
	   ['tdx-map-errno', qr/^tdx_map_gpa_/],
	   ['tdx-dedicated-v1', qr/^tdx_(?:get_quote|event_notify)_/],
	   ['tdx-dedicated-v2', qr/^tdx_get_quote_/],
	   ['proposed-quotes', qr/^tdx_quotes_/],
	   ['proposed-in-place', qr/^tdx_in_place_/],
	   map { [$_, qr/^snp_req_certs_/] } qw(certs-v6 certs-v3 coco-v2 coco-v1));
}

# The programs that one of our own patches says it concerns ("Tests: GLOB..."), as a
# regex: what is as in the tree without it need not be tested again.  undef: all.
sub concerned
{
	my ($patch) = @_;

	open my $fh, '<', $patch or die "cannot read $patch: $!\n";
	while (my $line = <$fh>) {
		last if $line =~ /^--- /;
		next unless $line =~ s/^Tests:\s*//;
		my $names = join '|', map { quotemeta =~ s/\\\*/.*/gr } split ' ', $line;
		return qr/^(?:$names)$/;
	}
	return undef;
}

# What to build images of: the tree that was named, with the patches that were; or else
# the newest that Debian packages, as it is, and the tree of linux-source-6.12, as it is
# and with each of our patches.  A list of hashes:
#	kdir	the tree; undef is linux-source-6.12
#	rev	a revision of its repository; undef is the tree as it lies there
#	patches	to apply to it
#	slot	where to build it, one after the other
#	stage	what it has more than the one before it, in words; '' for the first
#	own	the patch is ours
#	skip	instead of all that: why it cannot be had
sub variants
{
	my ($options) = @_;
	my $kdir = $options->{kdir};
	my @patches = @{$options->{patches}};
	my @revs = @{$options->{revs}};

	if ($options->{diff} || $options->{each}) {
		return map { { kdir => $kdir, %$_ } } stages($options);
	}
	if (defined $kdir || @patches) {
		return { kdir => $kdir, patches => \@patches, rev => $revs[-1] };
	}
	my @own = sort glob "\Q$options->{root}\E/tools/patches/6.12/*.patch";
	return newest($options), { patches => [] }, map { { patches => [$_], own => 1 } } @own;
}

# A tree before and after: patch by patch, or all of them in one.
sub stages
{
	my ($options) = @_;
	my @patches = @{$options->{patches}};
	my @revs = @{$options->{revs}};
	my @names = map { s{.*/}{}r =~ s/\.(?:patch|diff)$//r } @patches;

	if (@revs) {
		@revs = @revs[0, -1] unless $options->{each};
		return map { { patches => [], rev => $revs[$_],
			       stage => $_ ? $options->{titles}{$revs[$_]} // $revs[$_] : '' } } 0 .. $#revs;
	}
	return { patches => [], stage => '' },
		{ patches => \@patches, stage => join ' + ', @names } unless $options->{each};
	return map { {
		patches => [@patches[0 .. $_ - 1]],
		slot => 'each',
		stage => $_ ? $names[$_ - 1] : '',
	} } 0 .. @patches;
}

# Only --setup goes to the archive.
sub newest
{
	my ($options) = @_;

	open my $fh, '-|', "$options->{root}/tools/tree.sh", '--out', $options->{build},
		'--fetched', 'debian:newest' or die "cannot run tools/tree.sh: $!\n";
	chomp(my $kdir = <$fh> // '');
	close $fh and return { kdir => $kdir, patches => [] };
	return { skip => 'the newest kernel that Debian packages was not fetched yet' };
}

sub src_groups
{
	my ($options) = @_;
	my $engine = engine($options->{engine});
	my @variants = variants($options);

	build_images($options, grep { !$_->{skip} } @variants);
	# The newest may be what linux-source-6.12 is.
	my %groups = map { $_->{label} => $_ } my @groups =
		map { src_group($options, $engine, $_) } @variants;
	return grep { defined $_->{stage} || $groups{$_->{label}} == $_ } @groups;
}

sub src_group
{
	my ($options, $engine, $variant) = @_;
	my $image = $variant->{image};

	# What hardware does not tell the tests shall not know here either.
	my $as_hw = ($options->{platform} // '') eq 'src-as-hw';
	my $platform = $as_hw ? 'src-as-hw' : 'src';
	my %of = (platform => $platform, engine => $engine);
	return { label => "$platform/$engine", skip => $variant->{skip}, stage => $variant->{stage},
		 of => \%of } if $variant->{skip};

	my @patches = map { s/\.patch$//r } split /,/, $image->{PATCHES};
	@patches = ("$patches[0] to $patches[-1], " . @patches . ' patches') if @patches > 3;
	my $tree = join ' + ', $image->{TREE}, @patches;
	$tree .= ' at ' . substr $variant->{rev}, 0, 12 if defined $variant->{rev};
	$tree .= ", $image->{COMPILER}" if length($image->{COMPILER} // '');
	$tree .= ', sanitized' if $options->{sanitize};
	my %group = (
		label => "$platform/$engine $tree",
		dir => "$platform-$engine-" . $tree =~ s/[^\w.+-]+//gr,
		version => $image->{VERSION},
		stage => $variant->{stage},
		of => { %of, tree => $image->{TREE}, patches => [split /,/, $image->{PATCHES}],
			compiler => $image->{COMPILER}, sanitized => $options->{sanitize} },
	);
	if ($variant->{stale}) {
		my ($patch) = map { s{.*/}{}r } @{$variant->{patches}};
		return { %group, stale => 1, skip => "$patch does not apply to this tree any more" };
	}
	my $kdir = $variant->{kdir} // "$options->{build}/linux-source-6.12";
	my $tests = $variant->{own} && !$options->{named} ? concerned(@{$variant->{patches}}) : undef;
	if ($tests) {
		$group{others} = 'its Tests: names no test';
	} elsif (!$image->{TDX} && (defined $variant->{rev} || !-e "$kdir/arch/x86/kvm/vmx/tdx.c")) {
		$tests = qr/^(?!tdx_)/;
		$group{others} = 'the tree has no arch/x86/kvm/vmx/tdx.c';
	}
	return {
		%group,
		tests => $tests,
		env => {
			COCO_PLATFORM => 'src',
			COCO_ENGINE => $engine,
			COCO_IMAGE => $image->{IMAGE},
			COCO_TIMEOUT => CASE_TIMEOUT,
			COCO_OBSERVER => $as_hw ? 'off' : undef,
			LD_PRELOAD => "$options->{build}/inproc/libinproc-src.so",
		},
	};
}

my %building;

# End what is being built: each is a process group.
sub stop
{
	kill TERM => map { -$_ } keys %building;
}

# tools/image.sh, running, for a variant: the handle of what it prints.
sub start_image
{
	my ($options, $variant) = @_;
	my @slot = $variant->{slot} ? ('--slot', "$variant->{slot}-" .
		substr sha256_hex($variant->{kdir} // ''), 0, 8) : ();
	# It may have been built just now.
	my @command = $options->{image} ? ('cat', $options->{image}) :
		("$options->{root}/tools/image.sh", '--out', $options->{build},
		($options->{sanitize} ? '--sanitize' : ()),
		(defined $variant->{kdir} ? ('--kdir', $variant->{kdir}) : ()),
		(defined $variant->{rev} ? ('--rev', $variant->{rev}) : ()), @slot,
		map { ('--patch', $_) } @{$variant->{patches}});
	my $pid = open(my $fh, '-|') // die "fork: $!\n";

	if ($pid == 0) {
		$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
		setpgrp;
		no warnings 'exec';
		exec @command or print STDERR "cannot run $command[0]: $!\n";
		POSIX::_exit(2);
	}
	$building{$pid} = 1;
	return ($fh, $pid);
}

# Have tools/image.sh build the image of each of @variants, at once but for those that share
# a place: {image} is what it printed, as a hash; {stale}: its patch is ours, and does not
# apply; {skip}: one on the way from one tree to another cannot be built.
sub build_images
{
	my ($options, @variants) = @_;
	my ($failed, $nr) = (0, 0);
	# A stage begins with a copy of what the one before it has compiled.
	my @running = map { $_->{rev} || defined $_->{stage} ? undef : [start_image($options, $_)] }
		@variants;

	for my $variant (@variants) {
		Coco::Terminal::phase('kernel images', $nr++, scalar @variants);
		my ($fh, $pid) = @{shift @running // [start_image($options, $variant)]};
		my $image = $variant->{image} = { map { /^([A-Z]+)=(.*)$/ ? ($1 => $2) : () }
			Coco::Terminal::lines($fh) };
		# It has said itself what is wrong.
		my $built = close $fh;
		delete $building{$pid};
		if ($built) {
			for (qw(IMAGE TREE VERSION PATCHES)) {
				die "tools/image.sh printed no $_\n" unless defined $image->{$_};
			}
			die "tools/image.sh left no $image->{IMAGE}\n" unless -e $image->{IMAGE};
		} elsif ($variant->{own} && $? == DOES_NOT_APPLY << 8) {
			$variant->{stale} = 1;
			# Of the tree without it the name and version are the same.
			my ($base) = grep { !defined $_->{kdir} && !@{$_->{patches}} } @variants;
			$variant->{image} = { %{$base->{image}}, PATCHES => $variant->{patches}[0] =~ s{.*/}{}r };
		} elsif ($options->{each} && $? != DOES_NOT_APPLY << 8) {
			$variant->{skip} = 'cannot be built';
		} else {
			$failed = 1;
		}
	}
	Coco::Terminal::clear();
	die "no kernel image\n" if $failed;
}

1;
