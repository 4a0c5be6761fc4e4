# shellcheck shell=bash
@HEADER@
# Puts vfio-hook before the hook that starts udev.
vfio_hook=()
for vfio_hook_name in "${HOOKS[@]}"; do
	case $vfio_hook_name in
	vfio-hook) continue ;;
	udev | systemd) vfio_hook+=(vfio-hook) ;;
	esac
	vfio_hook+=("$vfio_hook_name")
done
HOOKS=("${vfio_hook[@]}")
unset vfio_hook vfio_hook_name
