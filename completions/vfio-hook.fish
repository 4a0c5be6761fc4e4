# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of vfio-hook for fish. Commands, options and what they take are read from the
# program's own help, so that they are always those of the program that is installed.

# Prints what can stand where the help says $argv[1]: a list like ADDRESS...|--group NUMBER.
function __vfio_hook_candidates
    set -l uri qemu:///system
    set -q LIBVIRT_DEFAULT_URI; and set uri $LIBVIRT_DEFAULT_URI
    for word in (string match -ra -- '-*[A-Za-z][A-Za-z-]*' $argv[1])
        switch $word
            case ADDRESS
                path basename /sys/bus/pci/devices/*
                for path in /sys/class/net/*/device /sys/block/*/device
                    path basename (path dirname $path)
                end
            case NUMBER
                path basename /sys/kernel/iommu_groups/*
            case DOMAIN NAME
                virsh -r -q -c $uri list --all --name 2>/dev/null </dev/null | string match -v ''
            case COMMAND
                vfio-hook --help | string replace -rf '^  ([a-z]+)( .*)?$' '$1'
            case RULE
                vfio-hook --explain | string replace -rf '^  ([a-z-]+)  .*' '$1'
            case URI
                echo $uri
            case FILE
                __fish_complete_path (commandline -ct | string replace -r '^--[a-z-]*=' '')
            case DIR
                __fish_complete_directories (commandline -ct | string replace -r '^--[a-z-]*=' '')
            case '--*'
                # options are completed as such
            case '*'
                # words for people are in capitals
                string match -qr '[A-Z]' -- $word; or echo $word
        end
    end
end

# Prints the options of a help: each with what it takes and what is said of it, with tabs between.
function __vfio_hook_options
    vfio-hook $argv 2>/dev/null | string replace -rf '^  (--[a-z-]+)(?: ?(\S+))?(?: +(.*))?$' '$1\t$2\t$3'
end

function __vfio_hook_complete
    set -l current (commandline -ct)
    set -l command
    set -l first
    set -l value
    set -l wanted
    set -l all (__vfio_hook_options --help)
    for word in (commandline -opc)[2..-1]
        if test -n "$value"
            set value
        else if not string match -q -- '-*' $word
            if test -z "$command"
                set command $word
            else if test -z "$first"
                set first $word
            end
        else
            set value (string match -- $word\t'*' $all | string split -f2 \t)
            # behind an option that may have a value arguments are such values
            string match -q -- '[[]*' "$value"; and set wanted $value; and set value
        end
    end
    if test -n "$value"
        set wanted $value
    else if string match -q -- '--*=*' $current
        set -l option (string replace -r '=.*' '' -- $current)
        for word in (__vfio_hook_candidates (string match -- $option\t'*' $all | string split -f2 \t))
            echo $option=$word
        end
        return
    else if string match -q -- '-*' $current
        if test -n "$command"
            set all (__vfio_hook_options help $command)
        end
        string replace -r '\t[^\t]*\t' '\t' -- $all
        return
    else if test -z "$wanted$command"
        set wanted COMMAND
    else if test "$command" = boot
        # its first argument says what the others are
        set wanted 'generate|verify|remove'
        test -n "$first"; and set wanted
        test "$first" = generate; and set wanted 'ADDRESS|FILE'
    else if test -z "$wanted"
        set wanted (vfio-hook help $command 2>/dev/null | string replace -rf '^usage: .*\[OPTION\]\.\.\.' '')
    end
    test -n "$wanted"; and __vfio_hook_candidates $wanted
end

complete -c vfio-hook -f -k -a '(__vfio_hook_complete)'
