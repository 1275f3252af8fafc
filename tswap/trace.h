/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tswap - trace events: where pages go
 *
 * In tracefs below events/tswap. Requests to a leaf also go to
 * block/block_bio_remap, so that blktrace joins them with those of the tswap device.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM tswap

#if !defined(TSWAP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define TSWAP_TRACE_H

#include <linux/tracepoint.h>

#include "tswap.h"

/* clang-format off */
DECLARE_EVENT_CLASS(tswap_run,
	TP_PROTO(const struct tswap_leaf *leaf, u32 slot, u32 pos, u32 nr, bool write),
	TP_ARGS(leaf, slot, pos, nr, write),
	TP_STRUCT__entry(
		__field(u32, device)
		__field(u32, leaf)
		__field(u32, slot)
		__field(u32, pos)
		__field(u32, nr)
		__field(bool, write)
	),
	TP_fast_assign(
		__entry->device = leaf->dev->id;
		__entry->leaf = leaf->id;
		__entry->slot = slot;
		__entry->pos = pos;
		__entry->nr = nr;
		__entry->write = write;
	),
	TP_printk("tswap%u slot %u + %u %s leaf %u pos %u", __entry->device, __entry->slot,
		  __entry->nr, __entry->write ? "write" : "read", __entry->leaf,
		  __entry->pos)
);

/* A request of the swap core is sent to a leaf. */
DEFINE_EVENT(tswap_run, tswap_redirect,
	TP_PROTO(const struct tswap_leaf *leaf, u32 slot, u32 pos, u32 nr, bool write),
	TP_ARGS(leaf, slot, pos, nr, write)
);

/* A leaf could not do it, and it will be tried elsewhere or again. */
DEFINE_EVENT(tswap_run, tswap_retry,
	TP_PROTO(const struct tswap_leaf *leaf, u32 slot, u32 pos, u32 nr, bool write),
	TP_ARGS(leaf, slot, pos, nr, write)
);

/* A job has moved a page; words as in the map. */
TRACE_EVENT(tswap_move,
	TP_PROTO(const struct tswap_dev *dev, u32 slot, u64 from, u64 to),
	TP_ARGS(dev, slot, from, to),
	TP_STRUCT__entry(
		__field(u32, device)
		__field(u32, slot)
		__field(u64, from)
		__field(u64, to)
	),
	TP_fast_assign(
		__entry->device = dev->id;
		__entry->slot = slot;
		__entry->from = from;
		__entry->to = to;
	),
	TP_printk("tswap%u slot %u leaf %u pos %u to leaf %u pos %u", __entry->device,
		  __entry->slot, TSWAP_SLOT_LEAF(__entry->from),
		  TSWAP_SLOT_POS(__entry->from), TSWAP_SLOT_LEAF(__entry->to),
		  TSWAP_SLOT_POS(__entry->to))
);

/* The swap core is done with a slot; the word that it had. */
TRACE_EVENT(tswap_free,
	TP_PROTO(const struct tswap_dev *dev, u32 slot, u64 word),
	TP_ARGS(dev, slot, word),
	TP_STRUCT__entry(
		__field(u32, device)
		__field(u32, slot)
		__field(u64, word)
	),
	TP_fast_assign(
		__entry->device = dev->id;
		__entry->slot = slot;
		__entry->word = word;
	),
	TP_printk("tswap%u slot %u leaf %u pos %u", __entry->device, __entry->slot,
		  TSWAP_SLOT_LEAF(__entry->word), TSWAP_SLOT_POS(__entry->word))
);
/* clang-format on */

#endif /* TSWAP_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
