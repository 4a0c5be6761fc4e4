#!/bin/bash
@HEADER@
# What vfio-pci needs comes along: vfio_virqfd too where it is a module, before Linux 6.2.
build() {
	add_module vfio-pci
	add_runscript
	add_file /etc/modprobe.d/vfio-hook.conf
	case " ${HOOKS[*]} " in
	*' systemd '*) add_unit ;;
	esac
}

# systemd in the image runs no hooks.
add_unit() {
	local units=/etc/systemd/system
	add_binary sh /usr/bin/sh
	mkdir -p "$BUILDROOT$units"
	cat >"$BUILDROOT$units/vfio-hook.service" <<-'END'
	[Unit]
	Description=Devices for vfio-pci
	DefaultDependencies=no
	Before=systemd-udevd.service systemd-udev-trigger.service systemd-modules-load.service

	[Service]
	Type=oneshot
	ExecStart=/usr/bin/sh -c '. /hooks/vfio-hook && run_earlyhook'
	END
	add_symlink $units/sysinit.target.wants/vfio-hook.service ../vfio-hook.service
}

help() {
	echo "Gives devices to vfio-pci before udev starts; stands before 'udev' or 'systemd'."
}
