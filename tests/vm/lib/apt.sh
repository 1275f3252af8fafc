# SPDX-License-Identifier: GPL-2.0-or-later
#
# A private apt root for each Debian suite: packages are verified by apt with the machine's own
# keys and come from the machine's own mirror; its sources, lists and hooks are not touched.
# shellcheck shell=bash disable=SC2016 # $(NAME) is for apt

# The machine's own release, such as bookworm.
host_suite() {
	# shellcheck source=/dev/null
	(. /etc/os-release && printf '%s\n' "$VERSION_CODENAME")
}

# mirror_of_machine: "URI KEYRING" of the entry that brings Debian's main archive; KEYRING is
# empty when the source names none. apt itself parses deb822 and one-line sources; entries of
# third parties have another release name or no component called main.
mirror_of_machine() {
	local line file uri keyring
	line=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(SOURCESENTRY)' \
		'Created-By: Packages' | awk -v r="$(host_suite)" \
		'$2 == r && $3 == "main" { print $1, $4; exit }')
	[ -n "$line" ] || die "the machine's apt sources have no entry for $(host_suite) main"
	uri=${line% *}
	file=${line##* }
	file=${file%:*}
	# The stanza (deb822) or line that holds the URI may name a keyring file.
	keyring=$(awk -v uri="${uri%/}" -v para="$([[ $file != *.sources ]] || echo 1)" '
		BEGIN { if (para) RS = "" }
		/^#/ && !para { next }
		index($0, uri) && match($0, /[Ss]igned-[Bb]y[:=][ \t]*\/[^] \t\n,]+/) {
			k = substr($0, RSTART, RLENGTH)
			sub(/^[^\/]*/, "", k)
			print k
			exit
		}' "$file" 2>/dev/null || true)
	printf '%s %s\n' "$uri" "$keyring"
}

# apt_root SUITE[+SUITE][:ARCH]: make the private root of the suites (once) and print its folder.
apt_root() {
	local suite=${1%:*} root=$VM_CACHE/apt/$1 uri keyring by='' arch='' s
	[ "$suite" = "$1" ] || arch=${1#*:}
	if [ ! -e "$root/ready" ]; then
		read -r uri keyring <<<"$(mirror_of_machine)" || true
		[ -n "$uri" ] || die "no Debian mirror found in the machine's apt sources"
		[ -n "$keyring" ] || keyring=$(compgen -G "/usr/share/keyrings/debian-archive-keyring.*" | head -n1 || true)
		[ -z "$keyring" ] || by="[signed-by=$keyring]"
		mkdir -p "$root"/etc/apt/{apt.conf.d,preferences.d,sources.list.d} \
			"$root"/var/lib/apt/lists/partial "$root"/var/cache/apt/archives/partial
		: >"$root/status"
		for s in ${suite//+/ }; do
			printf 'deb %s %s %s main\n' "$by" "$uri" "$s"
		done >"$root/etc/apt/sources.list"
		# The machine's proxies and time-outs hold here too, its hooks do not. APT_CONFIG is
		# read first and moves the place of all other configuration into the private root.
		{
			apt-config dump | grep '^Acquire::' | grep -v '^Acquire::IndexTargets' || true
			cat <<-CONF
				Dir "$root";
				Dir::State::status "$root/status";
				Dir::Etc::TrustedParts "/etc/apt/trusted.gpg.d";
				Acquire::Languages "none";
				APT::Sandbox::User "";
				APT::Install-Recommends "false";
				Debug::NoLocking "true";
				${arch:+APT::Architecture "$arch"; APT::Architectures { "$arch"; };}
			CONF
		} >"$root/apt.conf"
	fi
	if [ ! -e "$root/ready" ] || [ -n "$(find "$root/ready" -mmin +1440)" ]; then
		say "reading the package lists of $suite"
		if APT_CONFIG=$root/apt.conf apt-get -qq update >&2 &&
			[ -n "$(ls "$root"/var/lib/apt/lists/*Packages* 2>/dev/null)" ]; then
			touch "$root/ready"
		elif [ -e "$root/ready" ]; then
			say "no new package lists of $suite; using those there are"
		else
			die "the package lists of $suite could not be fetched from the machine's mirror"
		fi
	fi
	printf '%s\n' "$root"
}

# apt_depends SUITE PACKAGE PATTERN: the dependencies of PACKAGE that match the awk PATTERN.
apt_depends() {
	local root
	root=$(apt_root "$1") || return
	APT_CONFIG=$root/apt.conf apt-cache show --no-all-versions "$2" |
		awk -v pat="$3" '/^Depends:/ {
			sub(/^Depends: */, ""); n = split($0, d, /, */)
			for (i = 1; i <= n; i++) { sub(/ .*/, "", d[i]); if (d[i] ~ pat) print d[i] }
		}'
}

# apt_names SUITE REGEX: the packages of the suite whose names match.
apt_names() {
	local root
	root=$(apt_root "$1") || return
	APT_CONFIG=$root/apt.conf apt-cache search --names-only "$2" | awk '{ print $1 }'
}

# apt_unpack SUITE DIR PACKAGE...: fetch the packages, verified by apt, and unpack them below DIR.
apt_unpack() {
	local root dir=$2 tmp deb
	root=$(apt_root "$1") || return
	shift 2
	tmp=$(mktemp -d "$VM_CACHE/fetch.XXXXXX")
	say "fetching $*"
	if ! (cd "$tmp" && APT_CONFIG=$root/apt.conf apt-get -qq download "$@" >&2); then
		rm -rf "$tmp"
		die "could not fetch: $*"
	fi
	for deb in "$tmp"/*.deb; do
		dpkg -x "$deb" "$dir" || { rm -rf "$tmp"; die "could not unpack ${deb##*/}"; }
	done
	rm -rf "$tmp"
}

# unpack_archives ROOT DIR: what apt has downloaded into its root, below DIR.
unpack_archives() {
	local deb
	mkdir -p "$2"
	for deb in "$1"/var/cache/apt/archives/*.deb; do
		dpkg -x "$deb" "$2" || die "could not unpack ${deb##*/}"
	done
	rm -f "$1"/var/cache/apt/archives/*.deb
}

# apt_unpack_all SUITE[:ARCH] DIR PACKAGE...: the packages with all that they need, however much of
# it the host has, unpacked below DIR.
apt_unpack_all() (
	dir=$2
	root=$(apt_root "$1") || exit
	shift 2
	exec 8>"$root/lock"
	flock 8
	say "fetching $*"
	APT_CONFIG=$root/apt.conf apt-get -qq -y install --download-only "$@" >&2 ||
		die "could not fetch: $*"
	unpack_archives "$root" "$dir"
)

# apt_unpack_needed SUITES DIR PACKAGE...: fetch the packages with all that they need beyond what
# is installed on the host, preferring the last of the suites, and unpack them below DIR.
apt_unpack_needed() (
	suites=$1 dir=$2
	shift 2
	root=$(apt_root "$suites") || exit
	exec 8>"$root/lock"
	flock 8
	say "fetching $*"
	# The host's own package status, read only, shows apt what need not be fetched.
	APT_CONFIG=$root/apt.conf apt-get -qq -y -o Dir::State::status=/var/lib/dpkg/status \
		-t "${suites##*+}" --reinstall install --download-only "$@" >&2 ||
		die "could not fetch: $*"
	unpack_archives "$root" "$dir"
)
