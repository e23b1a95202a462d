#!/usr/bin/env bash
# Install SLURM's Debian packages, unless they are there.
set -euo pipefail

packages="slurmctld slurmd slurm-client munge"
if dpkg --status $packages > /dev/null 2>&1; then exit; fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
    echo "$packages: expected root and apt-get to install them, found not both; no test cluster can" \
        "be started; run the tests as root on Debian." >&2
    exit 1
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $packages > /dev/null
