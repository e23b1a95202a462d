#!/usr/bin/env bash
# Stop the cluster of up.sh with all its jobs, and leave nothing of it.
set -uo pipefail

state=/var/tmp/test-slurm
[ -d $state ] || exit 0

scancel --user=root
timeout 30 sh -c 'while [ -n "$(squeue --noheader)" ]; do sleep 0.2; done'
for file in $state/slurmd.pid $state/slurmctld.pid /run/munge/munged.pid; do
    [ -s $file ] || continue
    daemon=$(cat $file)
    kill "$daemon" && timeout 30 tail --pid="$daemon" --follow /dev/null
done
rm -r $state /etc/slurm/{slurm,gres,cgroup}.conf
