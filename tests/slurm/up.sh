#!/usr/bin/env bash
# Start a SLURM cluster of one node, this machine: as root, on Debian, without systemd.
#
# The configuration lies in /etc/slurm because Snakemake takes SLURM_CONF from its jobs.
set -euo pipefail

state=/var/tmp/test-slurm
mark="# The cluster of tests/slurm."
node=$(hostname -s)

if [ -e /etc/slurm/slurm.conf ] && ! grep -qF "$mark" /etc/slurm/slurm.conf; then
    echo "/etc/slurm/slurm.conf: expected none, found one of another cluster;" \
        "no test cluster was started; run the tests on a machine of its own." >&2
    exit 1
fi

"$(dirname "$0")"/install.sh

# As on real clusters, processes are tracked by cgroups where they may be: nothing outlives its job.
if [ -w /sys/fs/cgroup/freezer/cgroup.procs ]; then tracking=cgroup; else tracking=linuxproc; fi

mkdir -p $state /etc/slurm
printf 'CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n' > /etc/slurm/cgroup.conf
echo "NodeName=$node Name=gpu Count=4 File=/dev/null,/dev/zero,/dev/full,/dev/random" > /etc/slurm/gres.conf
cat > /etc/slurm/slurm.conf << END
$mark
ClusterName=test
SlurmctldHost=$node(127.0.0.1)
SlurmUser=root
SlurmctldPidFile=$state/slurmctld.pid
SlurmctldLogFile=$state/slurmctld.log
StateSaveLocation=$state/slurmctld
SlurmdPidFile=$state/slurmd.pid
SlurmdLogFile=$state/slurmd.log
SlurmdSpoolDir=$state/slurmd
ProctrackType=proctrack/$tracking
TaskPlugin=task/none
ReturnToService=2
# Jobs are scheduled at once, killed soon, and repeated without the usual two minutes between.
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
AuthInfo=cred_expire=10
KillWait=5
# A job with more memory than it asked for is killed.
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
# The node is believed to have all that the jobs ask for, as on a real cluster.
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName=$node NodeAddr=127.0.0.1 CPUs=16 RealMemory=1000000 Gres=gpu:4
PartitionName=cpu Nodes=$node Default=YES
PartitionName=gpu Nodes=$node
END

install -d -o munge -g munge -m 0755 /run/munge
[ -s /etc/munge/munge.key ] || mungekey --create
chown munge:munge /etc/munge/munge.key
setpriv --reuid=munge --regid=munge --clear-groups munged
slurmctld -i
slurmd
if ! timeout 60 sh -c "until srun --mem=50 true 2> /dev/null; do sleep 0.2; done"; then
    echo "$node: expected a first job to run, found that none did within 60 s; nothing can be" \
        "tested on this cluster; read $state/slurmctld.log and slurmd.log." >&2
    exit 1
fi
