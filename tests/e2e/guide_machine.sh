#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A machine for one page of the operator's guide: mounts of its own, so that the paths in the guide are those of the test; the programs
# that were built; systemctl and journalctl for them. Started by test_guide.sh in namespaces for network, mounts and processes.
#     guide_machine.sh FOLDER PAGE.md
# Environment: BUILD, ROOT, E2E, PYTHON
set -euo pipefail

over=$1 page=$2
mkdir -p "$over"
mount -t tmpfs guide "$over"
for folder in etc var usr root; do
	mkdir -p "$over/$folder/up" "$over/$folder/work"
	mount -t overlay guide -o "lowerdir=/$folder,upperdir=$over/$folder/up,workdir=$over/$folder/work" "/$folder"
done
mount -t tmpfs guide /run
mkdir -p /etc/lookback/conf.d /var/lib/lookback /run/guide /root/saved
rm -rf /var/lib/redis/* /var/lib/lookback/*
export HOME=/root
unset LOOKBACK_CONFIG # the programs read /etc/lookback/lookback.conf
# What the packages bring.
for name in dataplane collector; do
	ln -sf "$BUILD/$name/lookback-$name" "/usr/lib/lookback-$name"
done
ln -sf "$BUILD/collector/lookback" /usr/bin/lookback
ln -sf "$BUILD/collector/lookback-collector" /usr/bin/lookback-collector
cat > /usr/bin/lookback-dataplane << 'END'
#!/bin/bash
# small tables, as in other tests
for word; do [[ $word != --check* ]] || exec -a lookback-dataplane "$BUILD/dataplane/lookback-dataplane" --no-huge "$@"; done
exec -a lookback-dataplane "$BUILD/dataplane/lookback-dataplane" --no-huge -o table.records=20000 -o tcp.flows=4096 -o tcp.memory=16m -o flush.interval=1 "$@"
END
chmod 755 /usr/bin/lookback-dataplane
install -m 755 "$E2E/guide_systemctl.sh" /usr/bin/systemctl
install -m 755 "$E2E/guide_systemctl.sh" /usr/bin/journalctl
# Records for the test: a small capture of its own by name, through the collector that runs.
cat > /usr/bin/replay-records << 'END'
#!/bin/bash
set -euo pipefail
"$PYTHON" "$E2E/guide_capture.py" "$1" /root/saved/records.pcap
lookback-dataplane -o sensor=tap1 --replay /root/saved/records.pcap
END
chmod 755 /usr/bin/replay-records
# What the quick start has set up: Redis and the collector, and with an interface the dataplane.
cat > /usr/bin/appliance-up << 'END'
#!/bin/bash
set -euo pipefail
echo 'redis = unix:/run/redis-lookback/redis-server.sock' > /etc/lookback/conf.d/redis.conf
systemctl start redis-server@lookback
systemctl start lookback-collector
[ $# = 0 ] || { echo "iface = $1" > /etc/lookback/conf.d/capture.conf; systemctl start lookback-dataplane; }
END
chmod 755 /usr/bin/appliance-up
# A primary at 6381, a replica at 6382, three Sentinels at 26379 to 26381.
cat > /usr/bin/start-sentinels << 'END'
#!/bin/bash
set -euo pipefail
for port in 6381 6382; do
	mkdir -p "/root/redis-$port"
	cp "$ROOT/collector/redis.conf" "/root/redis-$port.conf" # Redis writes to it
	setsid redis-server "/root/redis-$port.conf" --port "$port" --dir "/root/redis-$port" --daemonize yes --repl-diskless-sync-delay 0 \
		--logfile "/root/redis-$port/log" > /dev/null
done
until redis-cli -p 6382 ping && redis-cli -p 6381 ping; do sleep 0.1; done 2> /dev/null
redis-cli -p 6382 replicaof 127.0.0.1 6381
for port in 26379 26380 26381; do
	mkdir -p "/root/sentinel-$port"
	printf 'port %s\ndir /root/sentinel-%s\nsentinel monitor %s 127.0.0.1 6381 2\nsentinel down-after-milliseconds %s 2000\n' "$port" "$port" "$1" "$1" \
		> "/root/sentinel-$port/sentinel.conf"
	setsid redis-server "/root/sentinel-$port/sentinel.conf" --sentinel --daemonize yes --logfile "/root/sentinel-$port/log" > /dev/null
done
until redis-cli -p 6381 info replication | grep -q 'state=online' && redis-cli -p 26379 sentinel replicas "$1" | grep -q 6382 &&
	redis-cli -p 26379 sentinel ckquorum "$1" | grep -q '^OK'; do sleep 0.1; done
END
chmod 755 /usr/bin/start-sentinels
mkdir -p /usr/share/lookback
cp "$ROOT/collector/redis.conf" /usr/share/lookback/redis.conf
sed 's|^include .*|include /usr/share/lookback/redis.conf|' "$ROOT/scripts/redis/redis.conf.in" > /etc/lookback/redis.conf
echo 'repl-diskless-sync-delay 0' >> /etc/lookback/redis.conf # or --rdb takes five seconds
cp "$BUILD/docs/lookback.conf" /etc/lookback/lookback.conf
id lookback > /dev/null 2>&1 || useradd --system --home-dir /var/lib/lookback --shell /usr/sbin/nologin lookback
usermod --append --groups redis lookback
ip link set lo up
cd "$ROOT"
# not exec: process 1 takes care of what has ended
"$PYTHON" "$E2E/guide_page.py" "$page"
