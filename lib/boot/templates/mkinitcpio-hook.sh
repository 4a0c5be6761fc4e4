#!/usr/bin/ash
# shellcheck shell=dash
@HEADER@
@BIND@
run_earlyhook() {
	vfio_hook_bind
}
