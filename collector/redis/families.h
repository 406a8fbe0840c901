// SPDX-License-Identifier: BSD-3-Clause
// The families of keys, all that there are: a key is "<redis.prefix><family><tail>". What each contains: docs/schema.md.
#pragma once

// Sorted sets. Tail: owner name.
#define FAMILY_NAME "name:"   // "<TYPE> <rdata>" by last seen
#define FAMILY_FIRST "first:" // the same by first seen
#define FAMILY_COUNT "count:" // the same by how often

// Sorted sets of an index. Tail: what is looked up.
#define FAMILY_IP "ip:"	      // address: owner names by last seen
#define FAMILY_RDATA "rdata:" // name in RDATA: "<TYPE> <owner>" by last seen
#define FAMILY_ZONE "zone:"   // registered domain: owner names by first seen
#define FAMILY_NET "net:"     // network: addresses by first seen

// Without a tail.
#define FAMILY_FLOOD "flood"		     // sorted set: flooded zones by last seen
#define FAMILY_FLOOD_NAMES "flood:names"     // sorted set: how many names were collapsed
#define FAMILY_NEW "new"		     // stream: records that Redis had not held before
#define FAMILY_ALERT "alert"		     // stream: what the rules of watch.conf found
#define FAMILY_WATCH_MATCHED "watch:matched" // stream: records that watch rules match
#define FAMILY_WATCH_LEARN "watch:learn"     // hash: until when records of a rule are learned, by rule
#define FAMILY_IMPORTS "imports"	     // number: counts batches of imports

#define FAMILY_BLOCK "block:" // hash: serial of a block list. Tail: its name

// Sensors.
#define FAMILY_SENSORS "sensors" // sorted set: names of sensors by last flush. Without a tail
#define FAMILY_SENSOR "sensor:"	 // hash. Tail: name of a sensor

// Watch rules. The tail of the first three is "{<prefix>alert}", so that they share a slot with the stream of alerts.
#define FAMILY_WATCH_CURSOR "watch:cursor:" // hash: how far the streams were read
#define FAMILY_WATCH_IDS "watch:ids:"	    // sorted set: ids of alerts by time
#define FAMILY_WATCH_LEASE "watch:lease:"   // string: which collector reads the streams
#define FAMILY_WATCH_BURST "watch:burst:"   // sorted set: new names by first seen. Tail: "<rule>:<zone>"
#define FAMILY_WATCH_EXPECTED \
	"watch:expected:" // sorted set: "<owner> <TYPE> <rdata>", score 0. Tail: registered domain

// What the writer notes about a spool. In a cluster the tail begins with a hash tag, "{…}".
#define FAMILY_SEQ "seq" // hash: number of the last batch by UUID. Without a tail; in a cluster ":{tag of the slot}"
#define FAMILY_FENCE "fence:" // string: the same number. Tail: UUID; in a cluster "{tag}:UUID"
#define FAMILY_SLOTS "slots:" // string: bits of the slots that have a number. Tail: "{UUID}"
#define FAMILY_OWNER "owner:" // hash: which collector has the spool. Tail: "{UUID}"
#define FAMILY_LEASE "lease:" // string: the same in words, while it runs. Tail: "{UUID}"
