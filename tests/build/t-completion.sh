#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion: what bash and zsh offer, on a host of the fixtures, with a virsh of the test's own.
# shellcheck disable=SC2016,SC2034,SC2154,SC2317 # conditions are texts for eval
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
root=$(tree sriov)
mkdir -p "$work/bin" "$work/files/a folder"
ln -s ../../../0000:17:00.0 "$root/sys/class/net/ens1f0/device"
ln -sf "${abs_top_builddir:?}/vfio-hook" "$work/bin/vfio-hook"
cat >"$work/bin/virsh" <<'END'
#!/bin/sh
[ "$*" = '-r -q -c qemu:///system list --all --name' ] || exit 1
printf '%s\n' vm vm-2 'a guest' '$(touch ran)' ''
END
chmod +x "$work/bin/virsh"
touch "$work/files/vm.xml" "$work/files/host.host"
rc=0
: >"$work/out"; : >"$work/stderr"; : >"$work/err"

# Both scripts look at /sys; here at that of the tree.
sed "s|/sys/|$root/sys/|g" "$top/completions/vfio-hook" >"$work/bash"
sed "s|/sys/|$root/sys/|g" "$top/completions/_vfio-hook" >"$work/_vfio-hook"

cat >"$work/offers" <<'END'
cd "$1" || exit
. "$2"
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
COMP_LINE=$3 COMP_POINT=${#3}
_vfio_hook vfio-hook
printf '%s\n' "${COMPREPLY[@]}"
END
# offers LINE: sets out to what bash offers behind LINE, with readline's breaks of words
offers() {
	run env -u LIBVIRT_DEFAULT_URI PATH="$work/bin:$PATH" bash --norc "$work/offers" "$work/files" \
		"$work/bash" "$1"
}
# bash_case LINE WANT...: exactly these are offered
bash_case() {
	local line=$1
	shift
	offers "$line"
	verdict "bash: '$line'" test "$out" = "$(printf '%s\n' "$@")" -a -z "$err"
}
words_of() { xargs -n1 <<<"$1"; }

bash_case 'vfio-hook li' list
bash_case 'vfio-hook help de' detach
commands=$("$work/bin/vfio-hook" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\).*/\1/p')
offers 'vfio-hook '
verdict 'bash: every command' test "$out" = "$(sort <<<"$commands")"
for command in $commands; do
	options=$("$work/bin/vfio-hook" help "$command" | sed -n 's/^  \(--[a-z-]*\).*/\1/p')
	offers "vfio-hook $command --"
	verdict "bash: every option of $command" test "$out" = "$options" -a -n "$options"
done
offers 'vfio-hook --'
verdict 'bash: options before the command' grep -qx -- --format <<<"$out"
bash_case 'vfio-hook list --tr' --tree
bash_case 'vfio-hook list --strict --tr' --tree
bash_case 'vfio-hook --color ' always auto never
bash_case 'vfio-hook --color a' always auto
bash_case 'vfio-hook --color=a' always auto
bash_case 'vfio-hook --color always li' list
bash_case 'vfio-hook check --fix=' guest unassigned
bash_case 'vfio-hook --explain=peer-in' peer-in-use
bash_case 'vfio-hook --explain balloo' balloon
bash_case 'vfio-hook xml --group 2' 2 2{0..9}
bash_case 'vfio-hook --host h' host.host
bash_case 'vfio-hook --sysroot a' 'a folder'
bash_case 'vfio-hook check v' vm vm-2 vm.xml
bash_case 'vfio-hook boot ' generate remove verify
bash_case 'vfio-hook boot --initramfs ' auto dracut initramfs-tools mkinitcpio
bash_case 'vfio-hook boot verify ' ''
bash_case 'vfio-hook boot generate ens' ens1f0
bash_case 'vfio-hook boot generate vm' vm.xml
offers 'vfio-hook config v'
verdict 'bash: files and domains' test "$out" = "$(printf '%s\n' vm vm-2 vm.xml)"
offers 'vfio-hook accept '
verdict 'bash: domains, quoted' test "$out" = "$(printf '%s\n' '\$\(touch\ ran\)' 'a\ guest' vm vm-2 | sort)"
verdict 'bash: the name of a domain is not run' test ! -e "$work/files/ran"
bash_case 'vfio-hook show ens' ens1f0
offers 'vfio-hook show '
verdict 'bash: addresses' eval 'ls "$root/sys/bus/pci/devices" | grep -vxF "$out" | test -z "$(cat)"'
offers 'vfio-hook show 0000:17:'
first=${out%%$'\n'*}
verdict 'bash: an address behind its colons' eval '[[ $first =~ ^[0-9a-f]{2}\.[0-7]$ ]]'
bash_case 'vfio-hook list ' ''
bash_case 'vfio-hook frobnicate ' ''

if command -v shellcheck >/dev/null; then
	run shellcheck "$top/completions/vfio-hook"
	verdict 'bash: shellcheck' test "$rc" -eq 0
else
	skip 'bash: shellcheck' 'no shellcheck'
fi

# fish tells what it would offer; it does not look at what our own function has printed.
sed "s|/sys/|$root/sys/|g" "$top/completions/vfio-hook.fish" >"$work/fish"
fish_case() {
	local line=$1
	shift
	run env -u LIBVIRT_DEFAULT_URI HOME="$work" PATH="$work/bin:$PATH" fish --no-config -c \
		'cd $argv[1]; source $argv[2]; complete -C $argv[3] | string replace -r "\t.*" ""' \
		"$work/files" "$work/fish" "$line"
	verdict "fish: '$line'" test "$(sort <<<"$out")" = "$(printf '%s\n' "$@" | sort)" -a -z "$err"
}
fish_cases() {
	local command options
	command -v fish >/dev/null || { skip 'fish' 'no fish'; return; }
	# shellcheck disable=SC2086
	fish_case 'vfio-hook ' $commands
	for command in check boot accept; do
		options=$("$work/bin/vfio-hook" help "$command" | sed -n 's/^  \(--[a-z-]*\).*/\1/p')
		# shellcheck disable=SC2086
		fish_case "vfio-hook $command --" $options
	done
	fish_case 'vfio-hook --color ' always auto never
	fish_case 'vfio-hook boot --initramfs ' auto dracut initramfs-tools mkinitcpio
	fish_case 'vfio-hook check --timeout ' ''
	fish_case 'vfio-hook --color=al' --color=always
	fish_case 'vfio-hook --explain balloo' balloon
	fish_case 'vfio-hook xml --group 28' 28
	fish_case 'vfio-hook boot ' generate verify remove
	fish_case 'vfio-hook boot verify ' ''
	fish_case 'vfio-hook show ens' ens1f0
	fish_case 'vfio-hook --host h' host.host
	fish_case 'vfio-hook accept vm' vm vm-2
}

# What a shell does with it behind a key, in a pseudo-terminal.
in_terminals() {
	local shell
	[ -n "$python3" ] || { skip 'in a terminal' 'no python3'; return; }
	for shell in bash zsh fish; do
		command -v $shell >/dev/null || { skip "$shell in a terminal" "no $shell"; continue; }
		mkdir -p "$work/fpath"
		cp "$work/_vfio-hook" "$work/fpath"
		run env HOME="$work" PATH="$work/bin:$PATH" ZDOTDIR="$work" "$python3" \
			"$top/tests/build/complete.py" $shell "$work"
		verdict "$shell in a terminal: a command is completed" test "$rc" -eq 0
	done
}

# zsh completes in a terminal only: here its builtins are stand-ins that print what is offered.
if ! command -v zsh >/dev/null; then
	skip 'zsh' 'no zsh'
	fish_cases
	in_terminals
	finish
fi
zsh_offers() {
	run env -u LIBVIRT_DEFAULT_URI PATH="$work/bin:$PATH" zsh -f -c '
		cd "$1" || exit
		compadd() { print -l -- "${(P@)@[-1]}" }
		_describe() { local name=$@[-1]; print -l -- "${(P@)name}" }
		_files() { print -l -- files "$@" }
		compset() { : }
		words=(${=3}) PREFIX=
		[[ $3 == *" " ]] && words+=("")
		CURRENT=$#words PREFIX=$words[-1]
		. "$2"' zsh "$work/files" "$work/_vfio-hook" "$1"
}
# zsh_case LINE PATTERN...: lines like all of these are offered
zsh_case() {
	local line=$1 pattern
	shift
	zsh_offers "$line"
	for pattern; do
		grep -qE -- "$pattern" <<<"$out" || { fail "zsh: '$line'"; return; }
	done
	verdict "zsh: '$line'" test -z "$err"
}
# shellcheck disable=SC2046
zsh_case 'vfio-hook ' $(sed 's/.*/^&:./' <<<"$commands")
for command in $commands; do
	options=$("$work/bin/vfio-hook" help "$command" | sed -n 's/^  \(--[a-z-]*\).*/\1/p')
	# shellcheck disable=SC2046
	zsh_case "vfio-hook $command --" $(sed 's/.*/^&:./' <<<"$options")
	verdict "zsh: no other option of $command" test "$(grep -c '^--' <<<"$out")" -eq "$(wc -l <<<"$options")"
done
zsh_case 'vfio-hook --color ' '^always$' '^auto$' '^never$'
zsh_case 'vfio-hook --color=' '^always$'
zsh_case 'vfio-hook check --fix=' '^guest$' '^unassigned$'
zsh_case 'vfio-hook --explain ' '^balloon$'
zsh_case 'vfio-hook xml --group ' '^28$'
zsh_case 'vfio-hook accept ' '^vm$' '^a guest$'
zsh_case 'vfio-hook --color always show ' '^0000:17:00.0$' '^ens1f0$'
zsh_case 'vfio-hook check ' '^files$'
zsh_case 'vfio-hook ' '^boot:devices for vfio-pci from boot on$' '^reattach:return devices to their drivers$'
zsh_case 'vfio-hook boot ' '^generate$' '^verify$' '^remove$'
zsh_case 'vfio-hook boot generate ' '^0000:17:00.0$' '^files$'
zsh_case 'vfio-hook --sysroot ' '^files$' '^-/$'
fish_cases
in_terminals
finish
