# Takes the devices of the list below for vfio-pci, by address, before anything loads the
# drivers of this host. A device that is not what stood at its address when this was written
# is left alone. What was done stands in the kernel's log and in /run/vfio-hook-boot.
# For any POSIX shell; runs nothing but modprobe.
vfio_hook_bind() (
	root=
	devices=$root/sys/bus/pci/devices

	tell() {	# ADDRESS STATE WORDS...
		address=$1 state=$2
		shift 2
		echo "$address $state $*" >>"$root/run/vfio-hook-boot"
		echo "vfio-hook: $address: $state${*:+: $*}" >>"$root/dev/kmsg"
	} 2>/dev/null

	driver_of() {
		cd -P "$devices/$1/driver" 2>/dev/null && echo "${PWD##*/}"
	}

	# ADDRESS VENDOR DEVICE SUBVENDOR SUBDEVICE CLASS, as sysfs writes them
	is_the_one() {
		address=$1
		if ! [ -e "$devices/$address/vendor" ]; then
			tell "$address" absent "nothing is there"
			return 1
		fi
		for name in vendor device subsystem_vendor subsystem_device class; do
			shift
			is=
			read -r is <"$devices/$address/$name"
			[ "$is" = "$1" ] && continue
			tell "$address" changed "$name is $is, not $1; left alone"
			return 1
		done
	}

	override() {
		is_the_one "$@" || return 0
		echo vfio-pci >"$devices/$1/driver_override"
	}

	# Loading vfio-pci has bound what had no driver; unless it is built in, or came before.
	bind() {
		read -r is <"$devices/$1/driver_override" || return 0
		[ "$is" = vfio-pci ] || return 0
		before=$(driver_of "$1")
		case $before in
		vfio-pci) ;;
		?*)	echo "$1" >"$devices/$1/driver/unbind"
			echo "$1" >"$root/sys/bus/pci/drivers_probe" ;;
		'')	echo "$1" >"$root/sys/bus/pci/drivers_probe" ;;
		esac
		if [ "$(driver_of "$1")" != vfio-pci ]; then
			tell "$1" failed "vfio-pci does not take it"
		elif [ -n "${before#vfio-pci}" ]; then
			tell "$1" late "$before had it before"
		else
			tell "$1" bound "no other driver has seen it"
		fi
	} 2>/dev/null

	each() {
		while read -r address rest; do
			[ -n "$address" ] || continue
			# shellcheck disable=SC2086	# words are meant
			"$1" "$address" $rest
		done <<-'END'
		@TABLE@
		END
	}

	# Who has moved the root disk to one of them boots once with this option.
	read -r line <"$root/proc/cmdline"
	case " $line " in
	*' vfio-hook.boot=off '*)
		tell - off "by the kernel command line"
		return 0
		;;
	esac
	each override
	modprobe vfio-pci || tell - failed "modprobe vfio-pci"
	each bind
)
