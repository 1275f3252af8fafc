# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for swaptop; a test holds it against the table of options

complete -c swaptop -f
complete -c swaptop -s d -l delay -x -d 'time between two samples'
complete -c swaptop -l once -d 'print one screen and exit'
complete -c swaptop -s b -l batch -d 'print screens one after the other'
complete -c swaptop -s n -l number -x -d 'with --batch: exit after so many screens'
complete -c swaptop -s J -l json -d 'print JSON lines instead of screens'
complete -c swaptop -s p -l pane -x -a 'devices processes cgroups events' -d 'lower pane'
complete -c swaptop -s s -l sort -x -d 'sort the lower pane by a column'
complete -c swaptop -l size -x -d 'with --once or --batch: size of the screens'
complete -c swaptop -l record -r -F -d 'also write every sample to a file'
complete -c swaptop -l ring -x -d 'with --record: keep at most this much in that folder'
complete -c swaptop -l replay -r -F -d 'show a recording'
complete -c swaptop -l at -x -d 'with --replay: begin at a time'
complete -c swaptop -l root -x -a '(__fish_complete_directories)' -d 'show a capture of a machine'
complete -c swaptop -l config -r -F -d 'read only this swapadm configuration'
complete -c swaptop -l color -x -a 'auto always never' -d 'when to use colours'
complete -c swaptop -l no-color -d 'no colours'
complete -c swaptop -l ascii -d 'draw with ASCII characters only'
complete -c swaptop -l no-mouse -d 'leave the mouse to the terminal'
complete -c swaptop -s h -l help -d 'show the options and exit'
complete -c swaptop -s V -l version -d 'show the version and exit'
