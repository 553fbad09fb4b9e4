#!/bin/sh
# SPDX-License-Identifier: MIT
# Help goes to standard output; a wrong command line ends with 2 and the help on standard error.
. "$(dirname "$0")/expect.sh"

expect 0 'usage: plait COMMAND*devices*summary*plot*run*check*tune*bench*' '' --help
expect 0 'usage: plait COMMAND*' '' -h
expect 0 'plait [0-9]*.[0-9]*.[0-9]*' '' --version
expect 2 '' 'usage: plait COMMAND*'
expect 2 '' 'plait: there is no command "nothing"; plait --help lists them' nothing

for command in devices summary plot run check tune bench; do
    expect 0 "usage: plait $command*" '' $command --help
    expect 0 "usage: plait $command*" '' $command -h
    expect 2 '' '*usage: plait *' $command --nonsense
done
expect 2 '' 'plait check: there are no other arguments*' check one
for command in summary plot run tune bench; do
    expect 2 '' "plait $command: *usage: plait $command*" $command
    expect 2 '' "plait $command: *usage: plait $command*" $command one two
done
expect 2 '' 'plait devices: there are no options*' devices one

expect 2 '' '*requires an argument*' plot model.keras -o
expect 2 '' 'plait plot: -o FILE is needed, ending in .svg, .png or .dot*' plot model.keras
expect 2 '' 'plait plot: -o FILE is needed*' plot model.keras -o model.pdf
for size in '' 0 -1 x 3,x 3,,4 ,3 3, 1,1,1,1,1,1,1,1,1 a=; do
    expect 2 '' 'plait summary: *' summary model.keras --shape "$size"
done
for columns in '' 0 -1 x 99999999999999999999; do
    expect 2 '' 'plait summary: *' summary model.keras --columns "$columns"
done
expect 2 '' 'plait run: *' run model.keras --accuracy exact
expect 2 '' 'plait bench: *' bench two_branch_add --accuracy exact
for count in '' 0 -1 x; do
    expect 2 '' 'plait bench: *' bench two_branch_add --batch "$count"
    expect 2 '' 'plait bench: *' bench two_branch_add --runs "$count"
done
expect 1 '' 'plait bench: "nothing"*' bench nothing
