/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libswapadm - see, fill, move and drain tiered swap
 *
 * One model serves two layers. On the `direct` layer each device is a swap area of its
 * own and tiers are bands of priorities: that works on every stock kernel. On the
 * `redirect` layer one tswap block device is the area and the tiers' devices are its
 * leaves: that needs the tswap module.
 *
 * Conventions, for every call unless its block says otherwise:
 *  - 0 or a negative errno is returned, the result comes through an out-pointer that is
 *    untouched on failure; swapadm_get_error() has the sentence for a person (object,
 *    action, cause, remedy) and swapadm_get_errno() the number that belongs to it. Each
 *    call begins by clearing both.
 *  - -EINVAL: a bad argument of the caller, NULL too. Calls that read a field or an item
 *    want an object; an index that it does not have is NULL. -EPROTONOSUPPORT: this
 *    kernel or layer lacks the function. -EROFS: the context has a root of its own
 *    (swapadm_new()), so nothing may be changed. -SWAPADM_ENOROOM: it was refused, as it
 *    would not fit; -ENOSPC is that of a full file system. -EPERM/-EACCES: privilege is
 *    missing.
 *  - quantities carry their unit in the name: _bytes _pages _ns _pct. A quantity that the
 *    kernel does not report is absent (its bit in .known is clear), never 0.
 *  - strings inside snapshots belong to the snapshot and live as long as it does; NULL is
 *    "unknown".
 *  - what is counted ends with _unref, which takes NULL; a plain snapshot or connection
 *    ends with _free, which takes NULL too; both return NULL. A context and what came
 *    from it may be used by one thread at a time.
 *  - structs grow at their end, so that programs built against an older header go on
 *    working. One that the library hands out by pointer is read, not copied into arrays
 *    of another size. One that the caller provides is filled (or read) by a call that is
 *    given its size: NAME_sized() is what is exported, NAME() passes sizeof. A struct
 *    that lies inside another one, or in an array, never grows.
 *  - the library never prints and never exits.
 *
 * Sections, and the call to start from in each:
 *
 *   context             swapadm_new()
 *   words, quantities   swapadm_parse_size(), swapadm_state_name()
 *   devices as given    swapadm_devspec_parse()
 *   configuration       swapadm_conf_load()
 *   counters            swapadm_mem_get_stats(), swapadm_zram_get_stats()
 *   model               swapadm_model_load()
 *   other makers        swapadm_import_new()
 *   plans               swapadm_plan_apply()
 *   operations          swapadm_op_new()
 *   jobs                swapadm_jobs_load()
 *   who is in swap      swapadm_procs_load()
 *   balance             swapadm_balance_new()
 *   events              swapadm_events_open()
 */
#ifndef SWAPADM_H
#define SWAPADM_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* it would not fit; no system call that the library makes returns this errno */
#define SWAPADM_ENOROOM EXFULL

/* ---- context ------------------------------------------------------------------ */

struct swapadm_ctx;

enum swapadm_log_level {
	SWAPADM_LOG_ERROR,
	SWAPADM_LOG_WARNING,
	SWAPADM_LOG_INFO,
	SWAPADM_LOG_DEBUG,
};

typedef void (*swapadm_log_fn)(void *data, enum swapadm_log_level level,
			       const char *text);

/**
 * swapadm_new() - make a context
 * @out:   the new context, reference count 1
 * @root:  directory that stands for "/" (a capture of a machine), or NULL for the running
 *         system; with a root every call that would change something returns -EROFS
 *
 * Return: 0; -ENOMEM; else -errno of opening @root.
 */
int swapadm_new(struct swapadm_ctx **out, const char *root);

/*
 * one more reference, one less: the last one frees; both take NULL, _unref returns NULL
 */
struct swapadm_ctx *swapadm_ref(struct swapadm_ctx *ctx);
struct swapadm_ctx *swapadm_unref(struct swapadm_ctx *ctx);

/**
 * swapadm_set_log() - where the library's log lines go
 * @ctx:    context
 * @level:  lines above this level are dropped; nothing is logged before the first call
 * @fn:     called with one line without newline; NULL turns logging off
 * @data:   handed to @fn
 */
void swapadm_set_log(struct swapadm_ctx *ctx, enum swapadm_log_level level,
		     swapadm_log_fn fn, void *data);

/**
 * swapadm_get_error() - the sentence about the failure of the last call
 * @ctx:  context
 *
 * Return: text owned by @ctx, valid until its next call; "" when there was none.
 */
const char *swapadm_get_error(const struct swapadm_ctx *ctx);

/* the error that the sentence is about, positive; 0: there is no sentence */
int swapadm_get_errno(const struct swapadm_ctx *ctx);

/* the library's release, "0.1.0"; static text */
const char *swapadm_version(void);

/**
 * swapadm_page_bytes() - what a page is in the counters of the machine that @ctx shows
 *
 * Of a capture: that of the captured machine, where anything in it says so; else of this
 * one, and a warning is logged.
 *
 * Return: bytes; 0 without @ctx.
 */
uint64_t swapadm_page_bytes(struct swapadm_ctx *ctx);

/**
 * swapadm_signature_page_bytes() - for pages of which size a swap signature was written
 * @word:   device or file, absolute, or LABEL=, UUID=, PARTLABEL=, PARTUUID= of a device
 * @bytes:  the result; a kernel takes only its own, see swapadm_page_bytes()
 *
 * Return: 0; -EINVAL; -ENODEV no device has the tag; -ENODATA it carries no signature, or
 * the tag is one of a capture; -EIO it could not be read; -ENOTUNIQ several devices have
 * the tag; -ENOMEM; else -errno of open.
 */
int swapadm_signature_page_bytes(struct swapadm_ctx *ctx, const char *word,
				 uint64_t *bytes);

/**
 * swapadm_file_read() - a small text file below the context's root
 * @path:  absolute; symbolic links stay below the root
 * @out:   the text, to be freed with free()
 *
 * Return: 0; -EINVAL not an absolute path; -EFBIG above 64 MiB; -ENOMEM; else -errno of
 * openat or read.
 */
int swapadm_file_read(struct swapadm_ctx *ctx, const char *path, char **out);

/*
 * Is there such a file, folder or link below the context's root? A link that leads
 * nowhere counts; what cannot be seen does not.
 */
bool swapadm_file_exists(struct swapadm_ctx *ctx, const char *path);

/* ---- words and quantities ----------------------------------------------------- */

enum swapadm_layer {
	SWAPADM_LAYER_AUTO,
	SWAPADM_LAYER_DIRECT,
	SWAPADM_LAYER_REDIRECT,
};

/* what a device is made of; decides the name of an automatic tier */
enum swapadm_kind {
	SWAPADM_KIND_UNKNOWN,
	SWAPADM_KIND_ZRAM,
	SWAPADM_KIND_MEMORY, /* brd, pmem: synchronous, no queue */
	SWAPADM_KIND_SSD,
	SWAPADM_KIND_HDD,
	SWAPADM_KIND_NETWORK, /* nbd, rbd, NVMe over fabrics */
	SWAPADM_KIND_TSWAP,
	SWAPADM_KIND_XSWAP, /* no device: all of its pages stay in zswap */
	SWAPADM_KIND_MIXED, /* only of tiers */
};

enum swapadm_state {
	SWAPADM_STATE_INACTIVE, /* configured, not attached */
	SWAPADM_STATE_ACTIVE,
	SWAPADM_STATE_CORDONED, /* keeps its pages, takes no new ones */
	SWAPADM_STATE_DRAINING,
	SWAPADM_STATE_DRAINED,
	SWAPADM_STATE_FAILED,
};

enum swapadm_discard {
	SWAPADM_DISCARD_NONE,
	SWAPADM_DISCARD_ONCE,
	SWAPADM_DISCARD_PAGES,
	SWAPADM_DISCARD_BOTH,
};

/* the words of the command line and of JSON; static text, "unknown" for other values */
const char *swapadm_layer_name(enum swapadm_layer layer);
const char *swapadm_kind_name(enum swapadm_kind kind);
const char *swapadm_state_name(enum swapadm_state state);
const char *swapadm_discard_name(enum swapadm_discard discard);

#define SWAPADM_RANK_MAX  60 /* rank 60 has priority 0 */
#define SWAPADM_RANK_NONE (-1)
#define SWAPADM_PRIO_NONE INT32_MIN

/**
 * swapadm_rank_to_prio() - the swap priority of a tier
 * @rank:  0 (fastest) to SWAPADM_RANK_MAX
 *
 * Return: 30000 - 500 x @rank; -EINVAL no such rank.
 */
int swapadm_rank_to_prio(int rank);

/**
 * struct swapadm_module - versions of the tswap module, "" none
 * @loaded:     of the one in use, by /sys/module/tswap/version
 * @installed:  of the source that dkms builds
 */
struct swapadm_module {
	char loaded[32], installed[32];
};

/* fills @out; what can't be read is "". Return: 0; -EINVAL a NULL argument. */
int swapadm_module_get_sized(struct swapadm_ctx *ctx, struct swapadm_module *out,
			     size_t size);
static inline int swapadm_module_get(struct swapadm_ctx *ctx, struct swapadm_module *out)
{
	return swapadm_module_get_sized(ctx, out, sizeof(*out));
}

enum swapadm_size_unit {
	SWAPADM_SIZE_NONE,
	SWAPADM_SIZE_BYTES,
	SWAPADM_SIZE_PCT,     /* of the object that the size speaks of */
	SWAPADM_SIZE_PCT_RAM, /* "50%ram": of MemTotal */
};

struct swapadm_size {
	enum swapadm_size_unit unit;
	uint64_t value; /* bytes, or percent */
};

/**
 * swapadm_parse_size() - read "512M", "1.5G", "4096", "50%" or "50%ram"
 * @text:  number with an optional K M G T suffix (powers of 1024, case ignored), or a
 *         percentage above 0
 * @out:   the size
 *
 * Return: 0; -EINVAL not a size, negative or 0; -ERANGE 8 PiB (2^53 bytes) or more.
 */
int swapadm_parse_size(const char *text, struct swapadm_size *out);

/**
 * swapadm_parse_age() - read "90", "90s", "10min", "2h", "1d"
 * @seconds:  fractions of a second are rounded up
 *
 * 0 is refused: one could read it as "at once" or as "never".
 * Return: 0; -EINVAL not a time, negative or 0; -ERANGE above 2^32 s.
 */
int swapadm_parse_age(const char *text, uint64_t *seconds);

/**
 * swapadm_parse_rate() - read a rate such as "50M" or "50M/s", in bytes a second
 * Return: 0; -EINVAL (0 included); -ERANGE.
 */
int swapadm_parse_rate(const char *text, uint64_t *bytes_per_s);

/**
 * swapadm_nearest_word() - "did you mean": the entry of a list that differs least from a word
 * @word:   as typed; case is ignored
 * @words:  the known ones
 *
 * Return: an entry at most two letters away (one, for words under four letters; swapped
 * neighbours count as one), or NULL.
 */
const char *swapadm_nearest_word(const char *word, const char *const *words, size_t n);

/**
 * swapadm_shell_quote() - one word of a shell, for a command that a person is to paste
 *
 * As it is where no shell gives it a meaning, else in '...', and bytes that are not
 * printable ASCII in $'...'. Return: to be freed with free(); NULL out of memory.
 */
char *swapadm_shell_quote(const char *text);

/**
 * swapadm_tier_name_valid() - may @name be given to a tier?
 *
 * [a-z][a-z0-9_-]*, at most 31 characters, none of memory zram all backing selftest, and
 * not auto-*, which stands for areas that were found.
 */
bool swapadm_tier_name_valid(const char *name);

/* ---- what a device is to be ---------------------------------------------------- */

/**
 * struct swapadm_devspec - a device as the user names it: DEVICE[,option...]
 * @word:        path, LABEL= UUID= PARTLABEL= PARTUUID= tag, or "zram"
 * @size:        size= : of a zram device or of a swap file that is to be made
 * @algorithm:   algorithm=NAME[(level=N)]: compressor of a zram device, or NULL
 * @recompress:  recompress=NAME[(level=N)]: compressor for its idle pages, or NULL
 * @algorithm_level, @recompress_level: 0: the compressor's own default
 * @mem_limit:   mem-limit= : memory that a zram device may take
 * @writeback:   writeback= : backing device, or file, of a zram device, or NULL
 * @compressed_writeback:  compressed-writeback: pages go there as they are compressed
 * @writeback_batch:       writeback-batch= : writes in flight at once; 0: kernel's choice
 * @optional:    optional: what this kernel's zram lacks is left out, not refused
 * @discard:     discard= once|pages|both, or bare "discard" (both)
 * @allow_loop:  allow-loop: the device may be a loop device
 */
struct swapadm_devspec {
	const char *word;
	struct swapadm_size size;
	const char *algorithm;
	const char *writeback;
	enum swapadm_discard discard;
	bool allow_loop;
	const char *recompress;
	int algorithm_level, recompress_level;
	struct swapadm_size mem_limit;
	unsigned writeback_batch;
	bool compressed_writeback, optional;
};

/**
 * swapadm_devspec_parse() - text to device description
 * @ctx:   for the error sentence
 * @text:  "zram,size=50%ram,algorithm=zstd"; blanks around commas are allowed
 * @out:   one allocation, free with swapadm_devspec_free()
 *
 * Return: 0; -EINVAL unknown option, bad value, path with a comma; -ENOMEM.
 */
int swapadm_devspec_parse(struct swapadm_ctx *ctx, const char *text,
			  struct swapadm_devspec **out);
struct swapadm_devspec *swapadm_devspec_free(struct swapadm_devspec *spec);

/* ---- configuration ------------------------------------------------------------ */

struct swapadm_conf;

enum swapadm_on_swapin {
	SWAPADM_ON_SWAPIN_KEEP,
	SWAPADM_ON_SWAPIN_FREE,
};

#define SWAPADM_PCT_NONE (-1)

struct swapadm_conf_tier {
	const char *name;
	int rank; /* given, or the order of appearance */
	bool rank_given;
	enum swapadm_on_swapin on_swapin;
	int demote_above_pct, demote_below_pct; /* SWAPADM_PCT_NONE when not given */
	uint64_t demote_older_s;
	uint64_t write_budget_bytes_per_day; /* 0: none */
	const struct swapadm_devspec *const *devices;
	size_t n_devices;
	const char *file; /* where the section began */
	unsigned line;
	uint64_t recompress_older_s; /* of zram devices with recompress=; 0: never */
};

enum swapadm_tristate {
	SWAPADM_UNSET = -1,
	SWAPADM_NO = 0,
	SWAPADM_YES = 1,
};

struct swapadm_conf_zswap {
	bool present;
	enum swapadm_tristate enabled, shrinker;
	const char *compressor;
	int max_pool_pct, accept_threshold_pct; /* SWAPADM_PCT_NONE when not given */
	int demote_above_pct, demote_below_pct; /* of max-pool; likewise */
};

/* a tier that a cgroup may use, and how much of it; unit NONE: all */
struct swapadm_conf_share {
	const char *tier;
	struct swapadm_size max;
};

struct swapadm_conf_cgroup {
	const char *name; /* of the section */
	const char *path; /* below the cgroup mount, begins with / */
	struct swapadm_size swap_max, swap_high, zswap_max; /* NONE: not given */
	bool swap_max_unlimited;                            /* "max" */
	enum swapadm_tristate zswap_writeback;
	const struct swapadm_conf_share *tiers; /* that its pages may use */
	size_t n_tiers;                         /* 0: not given: all */
	bool tiers_prefer; /* what finds no room there goes to others */
};

/**
 * swapadm_conf_load() - read the configuration
 * @ctx:   context
 * @file:  only this file, or NULL for the search path: /etc/swapadm.conf, then *.conf of
 *         /usr/lib, /run and /etc swapadm.conf.d (same name: the later folder wins; a
 *         link to /dev/null masks), in the order of their names
 * @out:   the configuration; without any file an empty one
 *
 * Return: 0; -ENOENT @file does not exist, or a drop-in is a dead link; -EBADMSG an error
 * in a file, the sentence has file:line, or /etc/swapadm.conf is a dead link; -EPERM a
 * file that others than root may write; else -errno.
 */
int swapadm_conf_load(struct swapadm_ctx *ctx, const char *file,
		      struct swapadm_conf **out);

/**
 * swapadm_conf_keep() - keep a copy of a configuration that was applied
 *
 * Writes the text of all its files as one to /var/lib/swapadm/last-good.conf, which
 * swapadm_conf_load() reads like any other file. swapadm.service applies that copy where
 * the files of the search path have an error. The same copy is not written again.
 * Return: 0; -EROFS a foreign root or file system; -EBUSY another change holds the lock;
 * -ENOTDIR the folder is a link; -EFBIG more than 1 MiB; -EINVAL; else -errno. On failure
 * an older copy stays.
 */
int swapadm_conf_keep(const struct swapadm_conf *conf, struct swapadm_ctx *ctx);

/* as swapadm_ref() and swapadm_unref() */
struct swapadm_conf *swapadm_conf_ref(struct swapadm_conf *conf);
struct swapadm_conf *swapadm_conf_unref(struct swapadm_conf *conf);

/**
 * swapadm_conf_warn_idle() - warnings about keys that do nothing
 *
 * A line of the log (swapadm_set_log()) at the level of warnings for each key of a tier,
 * and for [zswap], that has no effect on the layer that is in use, or without another
 * one: "FILE:LINE: [tier fast] write-budget has no effect: ...".
 * Return: how many; -EINVAL.
 */
int swapadm_conf_warn_idle(struct swapadm_conf *conf, struct swapadm_ctx *ctx);

/*
 * What the files say. _layer() is AUTO and _size() has unit NONE when they do not; files
 * are in the order in which they were read, tiers and cgroups in that of their first
 * section. What is returned belongs to the configuration; @i must be below the count;
 * _find_tier() returns NULL when there is no such tier.
 */
enum swapadm_layer swapadm_conf_layer(const struct swapadm_conf *conf);
struct swapadm_size swapadm_conf_size(const struct swapadm_conf *conf);
size_t swapadm_conf_n_files(const struct swapadm_conf *conf);
const char *swapadm_conf_file(const struct swapadm_conf *conf, size_t i);
size_t swapadm_conf_n_tiers(const struct swapadm_conf *conf);
const struct swapadm_conf_tier *swapadm_conf_tier(const struct swapadm_conf *conf,
						  size_t i);
const struct swapadm_conf_tier *swapadm_conf_find_tier(const struct swapadm_conf *conf,
						       const char *name);
const struct swapadm_conf_zswap *swapadm_conf_zswap(const struct swapadm_conf *conf);
size_t swapadm_conf_n_cgroups(const struct swapadm_conf *conf);
const struct swapadm_conf_cgroup *swapadm_conf_cgroup(const struct swapadm_conf *conf,
						      size_t i);

/* ---- the machine's counters --------------------------------------------------- */

/**
 * struct swapadm_mem_stats - the machine's memory, of /proc/meminfo
 * @known:              SWAPADM_MEM_* of what the kernel prints
 * @available_bytes:    the kernel's estimate of what can be had without swapping
 * @swap_cached_bytes:  in memory and still in swap too
 * @zswap_bytes:        RAM that the zswap pool takes
 * @zswapped_bytes:     logical size of the pages in it
 */
struct swapadm_mem_stats {
	uint32_t known;
	uint64_t total_bytes, free_bytes, available_bytes;
	uint64_t swap_total_bytes, swap_free_bytes, swap_cached_bytes;
	uint64_t zswap_bytes, zswapped_bytes;
	uint64_t shmem_bytes;
	uint64_t commit_limit_bytes, committed_bytes; /* CommitLimit, Committed_AS */
};
#define SWAPADM_MEM_TOTAL       (1u << 0)
#define SWAPADM_MEM_FREE        (1u << 1)
#define SWAPADM_MEM_AVAILABLE   (1u << 2)
#define SWAPADM_MEM_SWAP_TOTAL  (1u << 3)
#define SWAPADM_MEM_SWAP_FREE   (1u << 4)
#define SWAPADM_MEM_SWAP_CACHED (1u << 5)
#define SWAPADM_MEM_ZSWAP       (1u << 6)
#define SWAPADM_MEM_ZSWAPPED    (1u << 7)
#define SWAPADM_MEM_SHMEM       (1u << 8)
#define SWAPADM_MEM_COMMIT      (1u << 9) /* CommitLimit */
#define SWAPADM_MEM_COMMITTED   (1u << 10)

/**
 * swapadm_mem_get_stats_sized() - snapshot of the machine's memory
 * @ctx:    context
 * @stats:  caller-owned; filled on success, untouched on failure
 *
 * One read(2); the kernel sums per-CPU counters, so the fields need not add up exactly.
 * Kernel ABI: /proc/meminfo (Documentation/filesystems/proc.rst); its kB are KiB.
 * Return: 0; -EINVAL a NULL argument; -EBADMSG without MemTotal; else -errno of openat or
 * read. Any other line that is not understood is absent.
 */
int swapadm_mem_get_stats_sized(struct swapadm_ctx *ctx, struct swapadm_mem_stats *stats,
				size_t size);
static inline int swapadm_mem_get_stats(struct swapadm_ctx *ctx,
					struct swapadm_mem_stats *stats)
{
	return swapadm_mem_get_stats_sized(ctx, stats, sizeof(*stats));
}

/**
 * struct swapadm_vmstat - events since boot, of the whole machine
 * @known:              SWAPADM_VMSTAT_*; zswpwb and *_zero came with 6.12
 * @pswpin_pages:       read from swap areas, zram included, zswap not; pswpout likewise
 * @zswpin_pages:       from zswap, zswpout into it, zswpwb from it to the areas
 * @swpin_zero_pages:   pages of zeros, which never reach an area; swpout likewise
 * @swap_ra_pages:      read ahead of need; swap_ra_hit: those that were needed
 * @refault_anon_pages: came back from swap or zswap, and the kernel still knew when they
 *                      had gone (workingset_refault_anon)
 */
struct swapadm_vmstat {
	uint32_t known;
	uint64_t pswpin_pages, pswpout_pages;
	uint64_t zswpin_pages, zswpout_pages, zswpwb_pages;
	uint64_t swpin_zero_pages, swpout_zero_pages;
	uint64_t swap_ra_pages, swap_ra_hit_pages;
	uint64_t oom_kills;
	uint64_t refault_anon_pages;
};
#define SWAPADM_VMSTAT_PSWPIN      (1u << 0)
#define SWAPADM_VMSTAT_PSWPOUT     (1u << 1)
#define SWAPADM_VMSTAT_ZSWPIN      (1u << 2)
#define SWAPADM_VMSTAT_ZSWPOUT     (1u << 3)
#define SWAPADM_VMSTAT_ZSWPWB      (1u << 4)
#define SWAPADM_VMSTAT_SWPIN_ZERO  (1u << 5)
#define SWAPADM_VMSTAT_SWPOUT_ZERO (1u << 6)
#define SWAPADM_VMSTAT_SWAP_RA     (1u << 7)
#define SWAPADM_VMSTAT_SWAP_RA_HIT (1u << 8)
#define SWAPADM_VMSTAT_OOM_KILL    (1u << 9)
#define SWAPADM_VMSTAT_REFAULT     (1u << 10)

/**
 * swapadm_vmstat_get_sized() - snapshot of the swap events since boot
 * @ctx:    context
 * @stats:  caller-owned; filled on success, untouched on failure
 *
 * Rates are the difference of two snapshots. A kernel without swap has none of the
 * events: then .known is 0. nrswpin and nrswpout of 7.3 count batches, not pages, and are
 * not read.
 * Kernel ABI: /proc/vmstat, one "name value" a line.
 * Return: 0; -EINVAL a NULL argument; else -errno of openat or read. A line that is not
 * understood is absent.
 */
int swapadm_vmstat_get_sized(struct swapadm_ctx *ctx, struct swapadm_vmstat *stats,
			     size_t size);
static inline int swapadm_vmstat_get(struct swapadm_ctx *ctx,
				     struct swapadm_vmstat *stats)
{
	return swapadm_vmstat_get_sized(ctx, stats, sizeof(*stats));
}

/**
 * struct swapadm_vm_params - how the kernel is set to use swap
 * @known:         SWAPADM_VM_*
 * @swappiness:    0 to 200; 100: swap costs what the page cache costs
 * @page_cluster:  read-ahead of 2^n pages
 */
struct swapadm_vm_params {
	uint32_t known;
	uint64_t swappiness, page_cluster;
};
#define SWAPADM_VM_SWAPPINESS   (1u << 0)
#define SWAPADM_VM_PAGE_CLUSTER (1u << 1)

/**
 * swapadm_vm_params_get_sized() - the knobs of the swap core
 * @ctx:  context
 * @out:  filled on success, untouched on failure; a knob that this kernel lacks, or that
 *        can't be read, is absent
 *
 * Kernel ABI: /proc/sys/vm/{swappiness,page-cluster}.
 * Return: 0; -EINVAL a NULL argument.
 */
int swapadm_vm_params_get_sized(struct swapadm_ctx *ctx, struct swapadm_vm_params *out,
				size_t size);
static inline int swapadm_vm_params_get(struct swapadm_ctx *ctx,
					struct swapadm_vm_params *out)
{
	return swapadm_vm_params_get_sized(ctx, out, sizeof(*out));
}

/**
 * struct swapadm_psi_line - share of time in which tasks waited
 * @known:            the kernel prints this line
 * @avg10_centipct:   of the last 10 s, in hundredths of a percent (0 to 10000)
 * @total_us:         since boot
 */
struct swapadm_psi_line {
	bool known;
	uint32_t avg10_centipct, avg60_centipct, avg300_centipct;
	uint64_t total_us;
};

/* some: at least one task waited; full: all of them (cpu has none before 5.13) */
struct swapadm_psi {
	struct swapadm_psi_line some, full;
};

/**
 * swapadm_psi_get_sized() - pressure of one resource
 * @ctx:       context
 * @resource:  "memory", "io" or "cpu"
 * @psi:       caller-owned; filled on success, untouched on failure
 *
 * Kernel ABI: /proc/pressure/RESOURCE (Documentation/accounting/psi.rst).
 * Return: 0; -EINVAL another resource; -EPROTONOSUPPORT the kernel has no PSI (no file)
 * or has it turned off (psi=0: the file answers EOPNOTSUPP); -EBADMSG; else -errno of
 * openat or read.
 */
int swapadm_psi_get_sized(struct swapadm_ctx *ctx, const char *resource,
			  struct swapadm_psi *psi, size_t size);
static inline int swapadm_psi_get(struct swapadm_ctx *ctx, const char *resource,
				  struct swapadm_psi *psi)
{
	return swapadm_psi_get_sized(ctx, resource, psi, sizeof(*psi));
}

/**
 * struct swapadm_zswap_stats - zswap's parameters and counters
 * @known:               SWAPADM_ZSWAP_*
 * @shrinker:            writes cold pages back on its own (6.12)
 * @max_pool_pct:        of the memory that the pool may take
 * @accept_threshold_pct: of that limit: below it a full pool takes pages again
 * @pool_bytes:          RAM that the pool takes
 * @stored_bytes:        logical size of the pages in it
 * @written_back_pages:  since boot, from the pool to swap areas
 * @pool_limit_hits:     how often the pool was full; debugfs, so only for root
 * @rejects:             pages it did not take, for any reason; debugfs
 * @limits_left:         lower limits of a balance that was killed are in force;
 *                       @max_pool_pct and @accept_threshold_pct are those that were set
 */
struct swapadm_zswap_stats {
	uint32_t known;
	bool enabled, shrinker;
	char compressor[32];
	uint32_t max_pool_pct, accept_threshold_pct;
	uint64_t pool_bytes, stored_bytes;
	uint64_t written_back_pages, pool_limit_hits, rejects;
	bool limits_left;
};
#define SWAPADM_ZSWAP_ENABLED      (1u << 0)
#define SWAPADM_ZSWAP_SHRINKER     (1u << 1)
#define SWAPADM_ZSWAP_COMPRESSOR   (1u << 2)
#define SWAPADM_ZSWAP_MAX_POOL     (1u << 3)
#define SWAPADM_ZSWAP_ACCEPT       (1u << 4)
#define SWAPADM_ZSWAP_POOL         (1u << 5)
#define SWAPADM_ZSWAP_STORED       (1u << 6)
#define SWAPADM_ZSWAP_WRITTEN_BACK (1u << 7)
#define SWAPADM_ZSWAP_LIMIT_HITS   (1u << 8)
#define SWAPADM_ZSWAP_REJECTS      (1u << 9)

/**
 * swapadm_zswap_get_stats_sized() - snapshot of zswap's parameters and counters
 * @ctx:    context
 * @stats:  caller-owned; filled on success, untouched on failure
 *
 * The counters are those of the whole machine: zswap does not count by area. What is not
 * there or may not be read is absent, which is not an error.
 * Kernel ABI: /sys/module/zswap/parameters, Zswap and Zswapped of /proc/meminfo, zswpwb
 * of /proc/vmstat, debugfs zswap/ where it can be read.
 * Return: 0; -EPROTONOSUPPORT kernel without zswap; -EBADMSG; else -errno of reading
 * whether it is enabled.
 */
int swapadm_zswap_get_stats_sized(struct swapadm_ctx *ctx,
				  struct swapadm_zswap_stats *stats, size_t size);
static inline int swapadm_zswap_get_stats(struct swapadm_ctx *ctx,
					  struct swapadm_zswap_stats *stats)
{
	return swapadm_zswap_get_stats_sized(ctx, stats, sizeof(*stats));
}

/**
 * swapadm_zswap_kept() - what of zswap's pool the kernel may not write back
 * @bytes:  memory of the pool
 * @file:   room of @size for the path of memory.zswap.writeback, of the cgroup with most
 *
 * memory.stat of each cgroup with pages in swap is read. Kernel ABI:
 * memory.zswap.writeback (6.8) and zswap in memory.stat, cgroup-v2.rst.
 * Return: 0; -ENODATA no cgroup has memory.zswap.writeback=0 and pages in zswap, or
 * cgroup v2 is not in use; -ENAMETOOLONG; -EINVAL; else -errno.
 */
int swapadm_zswap_kept(struct swapadm_ctx *ctx, uint64_t *bytes, char *file, size_t size);

/**
 * struct swapadm_zram_stats - one zram device
 * @known:               SWAPADM_ZRAM_*
 * @disksize_bytes:      logical size, 0: not set up
 * @algorithm:           compressor in use
 * @orig_bytes:          logical size of all that it holds, filled pages and those on its
 *                       backing device included
 * @compr_bytes:         what of it is in memory, compressed
 * @mem_used_bytes:      RAM that it takes, with the allocator's loss
 * @mem_limit_bytes:     of mem_used_bytes; 0: none
 * @mem_used_max_bytes:  highest so far
 * @same_pages:          filled with one word, stored in the table alone
 * @compacted_pages:     RAM pages freed by compaction
 * @huge_pages:          stored as they are, since they do not compress
 * @huge_since_pages:    ever stored so
 * @bd_count_pages:      on the backing device now, 4 KiB each; bd_read and bd_write: so
 *                       far
 * @failed_reads:        I/O errors; a failed write mostly means that memory was short
 * @backing_dev:         path; "": none, when its bit is set
 * @recompress:          compressor of recompression
 * @writeback_batch:     writes in flight at once
 * @compressed_writeback: pages go to the backing device as they are compressed
 */
struct swapadm_zram_stats {
	uint32_t known;
	uint64_t disksize_bytes;
	char algorithm[32];
	uint64_t orig_bytes, compr_bytes, mem_used_bytes, mem_limit_bytes,
		mem_used_max_bytes;
	uint64_t same_pages, compacted_pages, huge_pages, huge_since_pages;
	uint64_t bd_count_pages, bd_read_pages, bd_write_pages;
	uint64_t failed_reads, failed_writes;
	char backing_dev[128];
	char recompress[32];
	uint64_t writeback_batch;
	bool compressed_writeback;
};
#define SWAPADM_ZRAM_DISKSIZE   (1u << 0)
#define SWAPADM_ZRAM_ALGORITHM  (1u << 1)
#define SWAPADM_ZRAM_MM         (1u << 2) /* orig .. same_pages */
#define SWAPADM_ZRAM_COMPACTED  (1u << 3)
#define SWAPADM_ZRAM_HUGE       (1u << 4)
#define SWAPADM_ZRAM_HUGE_SINCE (1u << 5)
#define SWAPADM_ZRAM_BD         (1u << 6)
#define SWAPADM_ZRAM_IO         (1u << 7)
#define SWAPADM_ZRAM_BACKING    (1u << 8)
#define SWAPADM_ZRAM_RECOMPRESS (1u << 9)
#define SWAPADM_ZRAM_BATCH      (1u << 10)
#define SWAPADM_ZRAM_COMPRESSED (1u << 11)

/**
 * swapadm_zram_get_stats_sized() - snapshot a zram device's counters
 * @ctx:    context
 * @name:   kernel name, "zram0"
 * @stats:  caller-owned; filled on success, untouched on failure
 *
 * Each file is read once; the kernel samples the fields of mm_stat one by one, so they
 * may disagree under load. Unknown trailing fields are ignored, missing ones absent:
 * mm_stat has 7 to 9, bd_stat and backing_dev exist only with CONFIG_ZRAM_WRITEBACK,
 * recomp_algorithm only with CONFIG_ZRAM_MULTI_COMP. From 7.3 on, mm_stat blocks while a
 * write-back runs.
 * Kernel ABI: /sys/block/zram<N>/{disksize,comp_algorithm,mm_stat,bd_stat,io_stat,
 * backing_dev,recomp_algorithm,writeback_batch_size,compressed_writeback}
 * (Documentation/admin-guide/blockdev/zram.rst).
 * Return: 0; -EINVAL a NULL argument; -ENODEV not a zram device, or no such one. A file
 * that can't be read or is not understood is absent.
 */
int swapadm_zram_get_stats_sized(struct swapadm_ctx *ctx, const char *name,
				 struct swapadm_zram_stats *stats, size_t size);
static inline int swapadm_zram_get_stats(struct swapadm_ctx *ctx, const char *name,
					 struct swapadm_zram_stats *stats)
{
	return swapadm_zram_get_stats_sized(ctx, name, stats, sizeof(*stats));
}

/**
 * struct swapadm_zram_idle - what of a zram is idle
 * @idle_bytes:          pages in memory, uncompressed
 * @recompressed_bytes:  pages that were compressed a second time
 * @due_bytes:           of the idle ones, those that a second compressor has not tried
 */
struct swapadm_zram_idle {
	uint64_t idle_bytes, recompressed_bytes;
	uint64_t due_bytes;
};

/**
 * swapadm_zram_get_idle_sized() - count a zram's idle pages
 * @ctx:      context
 * @name:     kernel name, "zram0"
 * @older_s:  those not used for so long, whether marked idle or not; 0: those marked idle
 * @out:      caller-owned; filled on success, untouched on failure
 *
 * Reads a line for each page: for one look, not for a display that refreshes. An age is
 * counted to now, so that below a foreign root there is none.
 * Kernel ABI: debugfs zram/zram<N>/block_state, with CONFIG_ZRAM_MEMORY_TRACKING.
 * Return: 0; -EINVAL no context, name or @out; -ENODEV not a name; -ENODATA @older_s
 * below a foreign root; -EFBIG more than 8 GiB of pages; else -errno of open(2) or
 * read(2).
 * No sentence.
 */
int swapadm_zram_get_idle_sized(struct swapadm_ctx *ctx, const char *name,
				uint64_t older_s, struct swapadm_zram_idle *out,
				size_t size);
static inline int swapadm_zram_get_idle(struct swapadm_ctx *ctx, const char *name,
					uint64_t older_s, struct swapadm_zram_idle *out)
{
	return swapadm_zram_get_idle_sized(ctx, name, older_s, out, sizeof(*out));
}

/**
 * struct swapadm_io_stats - a block device's I/O since boot
 * @known:      SWAPADM_IO_ALL or 0
 * @reads:      completed requests; writes likewise
 * @read_ns:    sum of their times, so that read_ns / reads is the mean latency; the
 *              kernel counts milliseconds
 * @in_flight:  requests now
 * @busy_ns:    time with at least one request in flight
 */
struct swapadm_io_stats {
	uint32_t known;
	uint64_t reads, read_bytes, read_ns;
	uint64_t writes, write_bytes, write_ns;
	uint64_t in_flight, busy_ns;
};
#define SWAPADM_IO_ALL (1u << 0)

/* ---- the model: tiers, devices, usage ------------------------------------------ */

/**
 * struct swapadm_usage - what swapped pages are and what they cost
 * @known:         SWAPADM_USAGE_*; for a sum: bits that are set in every member
 * @size_bytes:    room for pages, header excluded
 * @used_bytes:    logical: slots in use, times the page size
 * @stored_bytes:  compressed size of those pages
 * @ram_bytes:     RAM that they cost
 * @disk_bytes:    space they occupy on a disk or on a zram's backing device
 * @orig_bytes:    of a zram: the pages that it holds, uncompressed; @used_bytes also
 *                 counts those that zswap holds in front of it, and filled ones that are
 *                 not stored
 *
 * On disks and in files a slot is a page: stored and disk are used, and no RAM. On zram,
 * stored is mm_stat's compressed size, RAM its mem_used, disk its bd_count. A zram's
 * slots that are filled with one word are used and stored nowhere. What zswap holds of an
 * area's pages is not counted by area: it counts as being on the disk, where its room is
 * taken.
 */
struct swapadm_usage {
	uint32_t known;
	uint64_t size_bytes, used_bytes, stored_bytes, ram_bytes, disk_bytes, orig_bytes;
};
#define SWAPADM_USAGE_SIZE   (1u << 0)
#define SWAPADM_USAGE_USED   (1u << 1)
#define SWAPADM_USAGE_STORED (1u << 2)
#define SWAPADM_USAGE_RAM    (1u << 3)
#define SWAPADM_USAGE_DISK   (1u << 4)
#define SWAPADM_USAGE_ORIG   (1u << 5)

/**
 * struct swapadm_moves - pages that jobs moved between devices, since it was attached
 * @known:  the layer counts them; they are part of the device's I/O too
 */
struct swapadm_moves {
	bool known;
	uint64_t in_bytes, out_bytes;
};

/**
 * struct swapadm_faults - what went wrong on a leaf, since it was attached
 * @known:            the layer counts them; redirect does
 * @read_errors:      failed requests; @write_errors likewise, which go to another leaf
 * @full:             writes that a zram leaf had no memory for, which went to another
 * @bad_bytes:        room on it that is not used any more, since a write failed there
 * @discarded_bytes:  given back to the device (discard)
 */
struct swapadm_faults {
	bool known;
	uint64_t read_errors, write_errors, full;
	uint64_t bad_bytes, discarded_bytes;
};

/**
 * struct swapadm_latency - requests by how long they took, since it was attached
 * @known:   the layer measures them: redirect does, every 16th request
 * @reads:   place i: of less than 2^i microseconds and not less than the places before;
 *           the last place: all longer ones; @writes likewise
 */
#define SWAPADM_LATENCY_BUCKETS 24
struct swapadm_latency {
	bool known;
	uint64_t reads[SWAPADM_LATENCY_BUCKETS], writes[SWAPADM_LATENCY_BUCKETS];
};

/**
 * struct swapadm_device - a member of a tier, as found
 * @name:      kernel name (sdb2, zram0); of a swap file, its path; of a device that is
 *             not there, how the configuration names it ("LABEL=cold", "zram")
 * @path:      what to open: /dev/sdb2 or the file; may be gone when @deleted; NULL of a
 *             zram device that is to be made and of a tag that no device has
 * @spec:      how the configuration or the user named it, options included, or NULL
 * @tier:      name of its tier
 * @kind:      of a file: that of the device it is on
 * @prio:      priority of the active area, or SWAPADM_PRIO_NONE
 * @dev:       device number; of a file: of the file system it is on; 0 unknown, as in a
 *             capture
 * @disk:      kernel name of the whole disk below (sdb), or NULL
 * @model:     of the disk, as the hardware says
 * @label:     of the swap signature, @uuid likewise; NULL unless asked for at load
 * @algorithm: compressor of a zram device
 * @backing_dev: of a zram device with write-back, its path
 * @backing_file: the file below it, when swapadm made a loop device for that
 * @recompress:  compressor for idle pages of a zram device, or NULL
 * @mem_limit_bytes: memory that a zram device may take, 0: any
 * @writeback_batch: writes in flight at once, 0: unknown
 * @compressed_writeback: pages go to the backing device as they are compressed
 * @left_out:    what of an optional zram line this kernel lacks, for a person; NULL
 * @zram_known:  SWAPADM_ZRAM_HUGE, SWAPADM_ZRAM_BD: what of these is known
 * @huge_bytes:  pages of a zram that do not compress and are kept as they are
 * @written_back_bytes: to the backing device since the zram was made
 * @discard:   as configured, or as recorded at add; the kernel does not report
 * @is_file:   a swap file
 * @deleted:   a swap file or device node that was unlinked while active
 * @managed:   attached by swapadm, recorded in its state under /run/swapadm
 * @created:   made by swapadm (zram hot-added); remove takes it away again
 * @is_virtual: a container's view of swap (lxcfs), or a name that no path leads to: it
 *             can only be shown
 * @moves:     what jobs moved here and away; only the redirect layer moves
 * @latency:   of the swap core's requests, without those of jobs; with LOAD_IO
 * @faults:    errors and discards of a leaf; only the redirect layer counts them
 */
struct swapadm_device {
	const char *name, *path, *spec, *tier;
	enum swapadm_kind kind;
	enum swapadm_state state;
	int prio;
	dev_t dev;
	const char *disk, *model, *label, *uuid;
	const char *algorithm, *backing_dev;
	enum swapadm_discard discard;
	bool is_file, deleted, managed, created, is_virtual;
	struct swapadm_usage usage;
	struct swapadm_io_stats io;
	struct swapadm_moves moves;
	struct swapadm_latency latency;
	struct swapadm_faults faults;
	const char *backing_file, *recompress;
	uint64_t mem_limit_bytes, writeback_batch, huge_bytes, written_back_bytes;
	uint32_t zram_known;
	bool compressed_writeback;
	const char *left_out;
};

/**
 * struct swapadm_tier - a ranked group of devices
 * @rank:      0 is the fastest; SWAPADM_RANK_NONE for foreign areas next to a
 *             configuration or next to tiers that swapadm recorded
 * @prio:      the priority its devices have or should have; PRIO_NONE when one has
 *             another
 * @kind:      that its active devices share, else MIXED
 * @is_auto:   not configured: made from areas of one priority
 * @usage:     sum over the devices that are attached
 * @devices:   @n_devices of them, owned by the model
 */
struct swapadm_tier {
	const char *name;
	int rank, prio;
	enum swapadm_kind kind;
	bool is_auto;
	struct swapadm_usage usage;
	const struct swapadm_device *const *devices;
	size_t n_devices;
};

struct swapadm_model;

#define SWAPADM_LOAD_IO    (1u << 0) /* fill .io and .latency */
#define SWAPADM_LOAD_BLKID (1u << 1) /* fill .label and .uuid: opens every device */

/**
 * swapadm_model_load() - a snapshot of tiers, devices and their use
 * @ctx:    context
 * @conf:   names and ranks of tiers, or NULL; a reference is kept
 * @flags:  SWAPADM_LOAD_*
 * @out:    the model, reference count 1; it keeps a reference on @ctx
 *
 * An active area is in the tier whose configuration names it (by path, by a link to it or
 * by a tag, whatever its priority), else in the one that swapadm recorded when it
 * attached it, else in an automatic tier auto-KIND with all others of its priority. A
 * configured "zram" is a device that swapadm recorded for that tier, in order, else one
 * unclaimed one with the configured size. What is configured and not active is listed as
 * inactive. Tiers come in the order in which the kernel fills them (priority; those of
 * one priority as configured), devices in the order of the configuration and of
 * /proc/swaps. Device files of sysfs that can't be read leave things unknown; they are no
 * failure.
 * Kernel ABI: /proc/swaps, /sys/dev/block, /sys/class/block, /sys/block/zram<N>;
 * /proc/self/mountinfo where a file system has no device number of its own.
 * Return: 0; -ENOMEM; -EBADMSG /proc/swaps is not a table; else -errno of reading it.
 */
int swapadm_model_load(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
		       struct swapadm_model **out);

/* as swapadm_ref() and swapadm_unref() */
struct swapadm_model *swapadm_model_ref(struct swapadm_model *model);
struct swapadm_model *swapadm_model_unref(struct swapadm_model *model);

/*
 * What a model holds: the layer that it was loaded from, its tiers (NULL for an @i that
 * is not below the count), the sum over all of them. What is returned belongs to the
 * model.
 */
enum swapadm_layer swapadm_model_layer(const struct swapadm_model *model);
size_t swapadm_model_n_tiers(const struct swapadm_model *model);
const struct swapadm_tier *swapadm_model_tier(const struct swapadm_model *model,
					      size_t i);
const struct swapadm_usage *swapadm_model_total(const struct swapadm_model *model);

/**
 * struct swapadm_redirect - the tswap device and its area
 * @name:             kernel name, "tswap0"
 * @active:           it is an active swap area, with priority @prio
 * @overcommit:       it may have more slots than its leaves have room for pages
 * @size_bytes:       slots, times the page size
 * @used_bytes:       what the leaves hold
 * @area_used_bytes:  what /proc/swaps says is used, pages that zswap holds included
 * @room_bytes:       what the leaves can hold, failed ones apart
 * @short_bytes:      slots without room on a leaf
 * @meta_bytes:       memory of the slot map and the leaves' bitmaps
 * @lost_writes:      writes that found no room and stayed in memory, since it was made
 */
struct swapadm_redirect {
	char name[32];
	bool active, overcommit;
	int prio;
	uint64_t size_bytes, used_bytes, area_used_bytes, room_bytes, short_bytes;
	uint64_t meta_bytes, lost_writes;
};

#define SWAPADM_BELOW_ZVOL      (1u << 0) /* a volume of ZFS */
#define SWAPADM_BELOW_CRYPT     (1u << 1) /* dm-crypt */
#define SWAPADM_BELOW_LOOP      (1u << 2)
#define SWAPADM_BELOW_TMPFS     (1u << 3) /* a loop device whose file is in memory */
#define SWAPADM_BELOW_REMOVABLE (1u << 4) /* a medium that can be taken out, or USB */
#define SWAPADM_BELOW_NETWORK   (1u << 5)

/**
 * swapadm_device_get_below() - what a device is stacked on, down to the hardware
 * @dev:  of a model
 * @out:  SWAPADM_BELOW_*, of the device itself and of all that is below it
 *
 * Kernel ABI: /sys/class/block/NAME slaves, loop/backing_file, dm/uuid, removable;
 * /proc/self/mountinfo.
 * Return: 0; -ENODEV it is not known which disk the device is on.
 */
int swapadm_device_get_below(struct swapadm_ctx *ctx, const struct swapadm_device *dev,
			     uint32_t *out);

/* the device of the redirect layer, owned by the model; NULL on the direct layer */
const struct swapadm_redirect *swapadm_model_redirect(const struct swapadm_model *model);

/*
 * The configuration has the redirect layer and the direct one runs in its place: why, and
 * what to do, as the last apply found. Owned by the model; NULL: it is not so.
 */
const char *swapadm_model_degraded(const struct swapadm_model *model);

/**
 * swapadm_model_find() - what a word on the command line means
 * @model:   where to look
 * @word:    tier name, then path, kernel name, tag (LABEL= UUID= PARTLABEL= PARTUUID=)
 * @tier:    set when @word is a tier, else NULL
 * @device:  set when @word is a device, else NULL; owned by @model
 *
 * A path may be any name of the device or file: numbers and inodes are compared. A tag is
 * looked up through udev's links; where no udev runs, the active devices are read, which
 * needs the privilege to open them.
 * Return: 0; -ENODEV neither; -EINVAL a reserved word.
 */
int swapadm_model_find(const struct swapadm_model *model, const char *word,
		       const struct swapadm_tier **tier,
		       const struct swapadm_device **device);

/**
 * swapadm_model_save() - the running state as an ini file
 * @model:  loaded with SWAPADM_LOAD_BLKID, devices are named by UUID= where it is unique;
 *          else by path
 * @out:    text, to be freed with free(); applied again it changes nothing
 *
 * Automatic tiers become configured ones: auto-ssd is saved as ssd.
 * Policies of tiers and cgroups are those of the configuration that the model was loaded
 * with, discard flags those configured or recorded: the kernel does not report them. What
 * is configured and not active, a file that was deleted while active, and a name that
 * can't stand in a configuration become comments.
 * Return: 0; -ENOMEM.
 */
int swapadm_model_save(const struct swapadm_model *model, char **out);

/**
 * swapadm_model_save_file() - the same, written to a file
 * @path:    NULL: /etc/swapadm.conf
 * @backup:  the name under which the old file was kept, to be freed with free(); NULL
 *           when there was none, or when it has the same text already and was left alone
 *
 * Readers see the old or the new file. Its mode and owner are kept; a link is followed. A
 * backup never takes the place of one before: FILE.old, then FILE.old.2. In
 * /etc/swapadm.conf a device that a drop-in names is a comment; a copy is kept of that
 * file, see swapadm_conf_keep(), where failing is a warning.
 * Return: 0; -EBADMSG /etc/swapadm.conf would contradict its drop-ins, or
 * /run/swapadm/state is damaged, the sentence has file:line; -EINVAL no regular file;
 * -EROFS, -EACCES, -EPERM, -ENOENT, -ENOSPC, -ENOMEM; else -errno. On failure the file is
 * as it was.
 */
int swapadm_model_save_file(const struct swapadm_model *model, const char *path,
			    char **backup);

/* ---- other makers of swap ------------------------------------------------------ */

/**
 * struct swapadm_import_change - what turns another maker of swap off
 * @object:  file or unit
 * @text:    what is done to it
 * @undo:    what turns it on again
 */
struct swapadm_import_change {
	const char *object, *text, *undo;
};

struct swapadm_import;

/**
 * swapadm_import_new() - read a foreign configuration as one of ours
 * @source:  fstab, zram-generator, zram-tools, dphys-swapfile, systemd-swap; NULL: each
 *
 * Return: 0; -EINVAL no such source; -ENOENT there is no swap in it; else -errno.
 */
int swapadm_import_new(struct swapadm_ctx *ctx, const char *source,
		       struct swapadm_import **out);

/*
 * the lines of fstab and the units of generators that activate a device of @conf at boot;
 * an import with changes and without a text
 */
int swapadm_import_conflicts(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
			     struct swapadm_import **out);
struct swapadm_import *swapadm_import_unref(struct swapadm_import *import);

/* an ini file, with a comment for each thing that could not be carried over */
const char *swapadm_import_text(const struct swapadm_import *import);
size_t swapadm_import_n_changes(const struct swapadm_import *import);
const struct swapadm_import_change *
swapadm_import_change(const struct swapadm_import *import, size_t i);

/**
 * swapadm_import_check() - would swapadm_import_take_over() refuse? Changes nothing
 *
 * Return: 0; its refusals, but for those of privilege and of a capture.
 */
int swapadm_import_check(struct swapadm_import *import);

/**
 * swapadm_import_take_over() - turn the others off from the next boot on
 *
 * swapadm.service is enabled and the text of swapadm_import_new() becomes
 * /etc/swapadm.conf before anything is turned off. No swap that is in use is touched: an
 * apply takes it into its tier.
 * Return: 0; -EEXIST there is a configuration; -EPROTONOSUPPORT there is no systemctl, or
 * the source activates what could not be carried over; -ESTALE fstab was changed
 * meanwhile; -EINVAL it is a symbolic link; -EROFS; else -errno. After all of these
 * nothing was changed; what was done before another failure stays.
 */
int swapadm_import_take_over(struct swapadm_import *import);

/* @spec: the first field of the line, decoded; @options: "defaults" where it has none */
typedef void (*swapadm_fstab_fn)(void *data, const char *spec, const char *options);

/**
 * swapadm_fstab_each() - the swap lines of /etc/fstab, in their order
 * @fn:  called for each; its strings last until it returns
 *
 * Return: 0; -EINVAL a NULL argument; -ENOENT there is no fstab; else -errno of reading
 * it.
 */
int swapadm_fstab_each(struct swapadm_ctx *ctx, swapadm_fstab_fn fn, void *data);

/* ---- plans: what would be done, then doing it ---------------------------------- */

enum swapadm_action {
	SWAPADM_ACTION_KEEP, /* already as wanted */
	SWAPADM_ACTION_CREATE_ZRAM,
	SWAPADM_ACTION_CREATE_FILE,
	SWAPADM_ACTION_CREATE_TSWAP, /* the redirect layer's device */
	SWAPADM_ACTION_FORMAT,       /* write a swap signature */
	SWAPADM_ACTION_ACTIVATE,
	SWAPADM_ACTION_RERANK, /* drain and activate with another priority */
	SWAPADM_ACTION_DRAIN,
	SWAPADM_ACTION_DETACH, /* take away what swapadm made */
	SWAPADM_ACTION_SET,    /* a kernel parameter, a cgroup file */
	SWAPADM_ACTION_WARN,   /* something the user should know; nothing is done */
};

struct swapadm_step {
	enum swapadm_action action;
	const char *object; /* path, spec or sysfs file */
	const char *tier;   /* or NULL */
	const char *text;   /* one line for a person */
	int prio;           /* or SWAPADM_PRIO_NONE */
	uint64_t bytes; /* size of what is made, used bytes of what is drained; 0: none */
};

struct swapadm_plan;

#define SWAPADM_PLAN_FORMAT  (1u << 0) /* add: write a signature, overriding others' */
#define SWAPADM_PLAN_PRUNE   (1u << 1) /* apply: drain and detach what left the files */
#define SWAPADM_PLAN_RERANK  (1u << 2) /* apply: re-activate areas of another priority */
#define SWAPADM_PLAN_PERSIST (1u << 3) /* also write the change to /etc/swapadm.conf.d */
#define SWAPADM_PLAN_FORCE   (1u << 4) /* drain although it may not fit */
#define SWAPADM_PLAN_LOAD    (1u << 5) /* load the tswap module while planning */
/* add: to the tier selftest, which `swapctl selftest` empties; nothing else uses it */
#define SWAPADM_PLAN_SELFTEST (1u << 6)

/**
 * swapadm_plan_add() - check devices and plan their activation in a tier
 * @ctx:    context
 * @conf:   configuration in force, or NULL
 * @tier:   name of an existing or a new tier
 * @rank:   of a new tier, or SWAPADM_RANK_NONE: after the slowest known one
 * @specs:  devices to add
 * @n:      how many
 * @flags:  SWAPADM_PLAN_FORMAT, SWAPADM_PLAN_PERSIST, SWAPADM_PLAN_SELFTEST
 * @out:    the plan; it holds the checked devices open until it is released
 *
 * All devices are checked before anything is planned; the first refusal fails the call.
 * Return: 0; -EINVAL bad tier, rank or size; -EEXIST @rank contradicts the tier's; -EBUSY
 * mounted, active, held or opened by others; -EMEDIUMTYPE holds something that is no swap
 * area; -ENOENT; -EPERM/-EACCES; -EPROTONOSUPPORT priorities of foreign areas make the
 * tiers' order impossible; else -errno.
 */
int swapadm_plan_add(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *tier,
		     int rank, const struct swapadm_devspec *const *specs, size_t n,
		     unsigned flags, struct swapadm_plan **out);

/**
 * swapadm_plan_apply() - plan what makes the machine match a configuration
 * @flags:  SWAPADM_PLAN_PRUNE, SWAPADM_PLAN_RERANK, SWAPADM_PLAN_LOAD
 *
 * Where the configuration has the redirect layer and its module can't be used, the plan
 * is one of the direct layer, unless `fallback = none`; its first step is then a WARN
 * that fails when the plan is run. Whether the kernel takes a module is only known when
 * it was loaded, so a plan that is going to be run is made with SWAPADM_PLAN_LOAD.
 *
 * A device that is not there, or that this kernel can't have, becomes a WARN step which
 * fails when the plan is run; the others are attached all the same. The same holds for
 * settings that this kernel lacks and for drains that would not fit. Any other refusal
 * fails the call.
 * A swapoff(2) that a killed job left behind, and whose end nobody knows yet, becomes a
 * WARN step too: swapadm_plan_run() waits for that end and plans again.
 * Return: as swapadm_plan_add(). A plan without a changing step means all is in place.
 */
int swapadm_plan_apply(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
		       struct swapadm_plan **out);

/**
 * swapadm_plan_replace() - plan that a device takes the place of another in its tier
 * @old:    device in use, of a tier that is not an automatic one
 * @spec:   the new one
 * @flags:  SWAPADM_PLAN_FORMAT, SWAPADM_PLAN_PERSIST, SWAPADM_PLAN_FORCE
 *
 * The new one is attached first; then the old one is drained, to the new one where the
 * layer lets that be chosen, and detached. Where the state says that the new one takes
 * that place, as a run that failed or was interrupted leaves it, or where it is named and
 * in use in that tier already, the plan goes on from there. Removing the new one gives
 * such a run up.
 * Return: as swapadm_plan_add(); -ENODEV no such device; -SWAPADM_ENOROOM it would
 * not fit; -EEXIST another one takes its place already (the sentence names it); -EBUSY
 * the new one is in use in another tier.
 */
int swapadm_plan_replace(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
			 const char *old, const struct swapadm_devspec *spec,
			 unsigned flags, struct swapadm_plan **out);

/**
 * swapadm_plan_resize() - plan another size of a swap file or zram in use
 *
 * As a replacement by one of that size. The name of a swap file in use is not free: the
 * new one is FILE.2, or FILE again when it is that already, and the old one is deleted
 * if swapadm has made it since boot. All other options are those of the old one.
 * Return: as swapadm_plan_replace(); -EPROTONOSUPPORT it is something else.
 */
int swapadm_plan_resize(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
			const char *word, const struct swapadm_size *size, unsigned flags,
			struct swapadm_plan **out);
struct swapadm_plan *swapadm_plan_ref(struct swapadm_plan *plan);
struct swapadm_plan *swapadm_plan_unref(struct swapadm_plan *plan);

size_t swapadm_plan_n_steps(const struct swapadm_plan *plan);
const struct swapadm_step *swapadm_plan_step(const struct swapadm_plan *plan, size_t i);
size_t
swapadm_plan_n_changes(const struct swapadm_plan *plan); /* without KEEP and WARN */
/* what the plan can't do: WARN steps that fail when it is run */
size_t swapadm_plan_n_refused(const struct swapadm_plan *plan);

/*
 * @result: 0; -errno; SWAPADM_STEP_UNDONE: was done, and is undone as a later one failed
 */
#define SWAPADM_STEP_UNDONE 1
typedef void (*swapadm_plan_fn)(void *data, const struct swapadm_step *step, int result);

/**
 * swapadm_plan_run() - carry a plan out, step by step
 * @fn:    called after each step with its result, or NULL
 *
 * One of apply first waits for the end of each swapoff(2) that a killed job left behind;
 * if there was one, the plan is made again, and its steps from then on are others.
 * Takes the lock of /run/swapadm for the change of state. What was done before a failure
 * within one device is undone (a zram device or file just made is taken away), earlier
 * devices stay.
 * Return: 0; -EBUSY another swapadm holds the lock (the sentence names it); -EROFS;
 * -ECANCELED swapadm_run_stop() came before the last step; else the first failing step's.
 */
int swapadm_plan_run(struct swapadm_plan *plan, swapadm_plan_fn fn, void *data);

struct swapadm_run;

/**
 * swapadm_plan_start() - carry a plan out in a thread, and poll for its steps
 * @out:  to be released with swapadm_run_free()
 *
 * As swapadm_plan_run(), in a thread of the library. Until swapadm_run_next() has
 * returned 0, or the run is released, the plan, its context and all that came from that
 * belong to that thread: the caller uses the calls for the run, or another context. The
 * context's log function is called in that thread.
 * Return: 0; -EINVAL @out is NULL, or it is being carried out already; -EROFS; -EAGAIN
 * and -ENOMEM no thread; -EMFILE, -ENFILE.
 */
int swapadm_plan_start(struct swapadm_plan *plan, struct swapadm_run **out);

/* readable when swapadm_run_next() has something; belongs to the run */
int swapadm_run_fd(const struct swapadm_run *run);

/**
 * swapadm_run_next() - take the next step that was done
 * @step:    it belongs to the plan
 * @result:  its result, as of swapadm_plan_fn; with the return value 0, when all is over,
 *           what swapadm_plan_run() returns, with its sentence
 *
 * Return: 1 a step; 0 all is over; -EAGAIN nothing yet; -EINVAL a NULL argument.
 */
int swapadm_run_next(struct swapadm_run *run, const struct swapadm_step **step,
		     int *result);

/*
 * begin nothing more: the device under way is finished, then the result is -ECANCELED. A
 * drain that it waits for is a job, which can be cancelled.
 */
void swapadm_run_stop(struct swapadm_run *run);

/* swapadm_run_stop(), wait for the thread, release; takes NULL, returns NULL */
struct swapadm_run *swapadm_run_free(struct swapadm_run *run);

/* ---- operations: what is planned, refused, confirmed and started ------------------ */

enum swapadm_op_kind {
	SWAPADM_OP_DRAIN,
	SWAPADM_OP_REMOVE, /* drain, then detach */
	SWAPADM_OP_MIGRATE,
	SWAPADM_OP_CORDON,   /* take no new pages */
	SWAPADM_OP_UNCORDON, /* take them again, also what is drained */
	SWAPADM_OP_SWAPIN,
	SWAPADM_OP_SWAPOUT,
	SWAPADM_OP_PARK, /* freeze and push out */
	SWAPADM_OP_WAKE, /* read back and thaw */
};

/* parameters of an operation; each kind takes some of them, others are -EINVAL */
enum swapadm_param {
	/* texts, by swapadm_op_set() */
	SWAPADM_PARAM_SOURCE,    /* device or tier; all: drain and remove */
	SWAPADM_PARAM_DEST,      /* tier, leaf or "memory"; migrate: also "backing" */
	SWAPADM_PARAM_EMERGENCY, /* drain: area to activate when memory runs out */
	SWAPADM_PARAM_CGROUP,    /* below the mount point, or a path in it */
	/* numbers, by swapadm_op_set_u64(); 0 is "not given" */
	SWAPADM_PARAM_PID,
	SWAPADM_PARAM_AMOUNT_BYTES, /* at most */
	SWAPADM_PARAM_AMOUNT_PCT,   /* of what the source holds */
	SWAPADM_PARAM_OLDER_S,      /* only pages swapped out so long ago */
	SWAPADM_PARAM_RATE_BYTES_PER_S,
	SWAPADM_PARAM_TIMEOUT_S,  /* the job is cancelled after it */
	SWAPADM_PARAM_FORCE,      /* although it may not fit */
	SWAPADM_PARAM_BACKGROUND, /* the job goes on when the caller ends */
	SWAPADM_PARAM_PERSIST,    /* remove: also out of the drop-in */
	SWAPADM_PARAM_NO_FREEZE,  /* park: leave it running */
};

/* how what is parked is kept from running */
enum swapadm_freezer {
	SWAPADM_FREEZER_NONE,    /* it is not */
	SWAPADM_FREEZER_CGROUP,  /* cgroup.freeze, version 2 */
	SWAPADM_FREEZER_STATE,   /* freezer.state, version 1 */
	SWAPADM_FREEZER_SIGNAL,  /* SIGSTOP */
	SWAPADM_FREEZER_FOREIGN, /* somebody else had frozen it before */
};

/* what would stop an operation */
enum swapadm_limit {
	SWAPADM_LIMIT_NONE,
	SWAPADM_LIMIT_RAM,    /* RAM and other areas together */
	SWAPADM_LIMIT_CGROUP, /* a memory cgroup's limit */
	SWAPADM_LIMIT_DEST,   /* the destination has less room */
	SWAPADM_LIMIT_COMMIT, /* CommitLimit of vm.overcommit_memory=2; no force helps */
	SWAPADM_LIMIT_RULE,   /* the tiers that a cgroup may use */
};

/* how pages are moved */
enum swapadm_strategy {
	SWAPADM_STRATEGY_NONE,
	SWAPADM_STRATEGY_SWAPOFF,
	SWAPADM_STRATEGY_PREREAD, /* pages are read ahead in the order of the disk */
	SWAPADM_STRATEGY_WINDOW,  /* swapoff(2) with pages read ahead of it */
	SWAPADM_STRATEGY_REDIRECT,
	SWAPADM_STRATEGY_WRITEBACK,
};

/* the words of the command line and of JSON; static text; NULL: none, or not known */
const char *swapadm_op_name(enum swapadm_op_kind kind);
const char *swapadm_limit_name(enum swapadm_limit limit);
const char *swapadm_strategy_name(enum swapadm_strategy strategy);
/* "none", "cgroup.freeze", "freezer.state", "SIGSTOP", "others" */
const char *swapadm_freezer_name(enum swapadm_freezer freezer);

/* bytes in a tier, or in "memory" */
struct swapadm_op_tier {
	const char *name;
	uint64_t bytes;
};

/**
 * struct swapadm_op_plan - what an operation would do, and whether it fits
 * @source:          what was named, or "pid 12", "cgroup /a"
 * @comm:            name of the process that is meant, or NULL
 * @devices:         those that are emptied, or whose state changes: @n_devices of them; 0
 *                   of a cordon: it is so already
 * @from:            swapin: what is in each tier; @n_from of them, those with 0 left
 *                   out
 * @dests:           where pages can go, with the free room there, first choice first;
 *                   @n_dests of them
 * @used_bytes:      what is to be moved at most; of a cordon: what the devices hold, and
 *                   keep
 * @room_bytes:      of a cordon: the room for new pages that is withdrawn or comes back
 * @total_bytes:     what the source has in all: swapin in swap, swapout in memory
 * @movable_bytes:   swapout: what of that can go to swap: no files, and of a process
 *                   nothing that others share
 * @other_bytes:     swapin: of @total_bytes, where no tier is known
 * @fits_bytes:      what can move and has room
 * @short_bytes:     by how much it does not fit; 0: it fits, of a swap-out: something
 *                   does
 * @limit:           what is short
 * @limit_object:    path of the cgroup, name of the tier; NULL: none, and with
 *                   SWAPADM_LIMIT_DEST all other tiers together
 * @refusal:         the sentence that swapadm_op_start() fails with, unless it is forced
 *                   and a force helps; NULL: none
 * @cgroup:          swapin, swapout: the group with least room, it or an ancestor of it;
 *                   NULL: none has a limit
 * @cgroup_room_bytes: what that group still takes: of memory (in), of swap (out)
 * @tight_group:     memory cgroup at its limit: it pushes @pushed_bytes of its pages out
 *                   to other areas for those that come in, which is slow; NULL: none
 * @predicted_ns:    from a short read-only sample of the device; 0: unknown
 * @largest_pid:     process with most in swap, 0: unknown
 * @cancel_delay_ns: how long a cancel may take once swapoff(2) runs; 0: unknown
 * @rate_unkept:     a rate is wanted that can't be kept: swapoff(2) knows none, and not
 *                   everything can be read ahead of it
 * @zswap:           swapout: zswap is on and takes pages first: compressed, in memory;
 *                   the areas get what does not compress and what its pool has no room
 *                   for
 *
 * @freezer:         park: what will keep it from running; wake: what does
 * @back_ns:         park: how long reading it back would take; 0: unknown
 * @shared_bytes:    park: memory shared with others by file, which stays; migrate of a
 *                   cgroup: in swap, but in no page table, as tmpfs: it stays
 * @is_gone:         wake: the process has ended, or the cgroup was removed
 * @owner:           migrate: whose pages, as "pid 12 (sh)" or "cgroup /a"; NULL: anybody's
 *
 * All of it belongs to the operation that it is the plan of.
 */
struct swapadm_op_plan {
	enum swapadm_op_kind kind;
	const char *source, *comm;
	const struct swapadm_device *const *devices;
	size_t n_devices;
	const struct swapadm_op_tier *from, *dests;
	size_t n_from, n_dests;
	uint64_t used_bytes, room_bytes;
	uint64_t total_bytes, movable_bytes, other_bytes;
	uint64_t ram_available_bytes, swap_free_bytes;
	uint64_t fits_bytes, short_bytes;
	enum swapadm_limit limit;
	const char *limit_object, *refusal;
	const char *cgroup;
	uint64_t cgroup_room_bytes;
	const char *tight_group;
	uint64_t pushed_bytes;
	enum swapadm_strategy strategy;
	uint64_t predicted_ns, cancel_delay_ns;
	pid_t largest_pid;
	const char *largest_comm;
	uint64_t largest_bytes;
	bool rate_unkept, zswap;
	enum swapadm_freezer freezer;
	uint64_t back_ns, shared_bytes;
	bool is_gone;
	const char *owner;
};

struct swapadm_op;

/**
 * swapadm_op_new() - an operation without parameters yet
 * @ctx:   context; a reference is kept
 * @kind:  of the operation
 * @out:   the operation, reference count 1
 *
 * Return: 0; -EINVAL unknown kind; -ENOMEM.
 */
int swapadm_op_new(struct swapadm_ctx *ctx, enum swapadm_op_kind kind,
		   struct swapadm_op **out);

/* as swapadm_ref() and swapadm_unref() */
struct swapadm_op *swapadm_op_ref(struct swapadm_op *op);
struct swapadm_op *swapadm_op_unref(struct swapadm_op *op);

/**
 * swapadm_op_set(), swapadm_op_set_u64() - set a parameter of an operation
 * @text:  copied; NULL takes it back
 *
 * Return: 0; -EINVAL not a parameter of this kind of operation or of this type, or the
 * operation is planned already; -ENOMEM.
 */
int swapadm_op_set(struct swapadm_op *op, enum swapadm_param param, const char *text);
int swapadm_op_set_u64(struct swapadm_op *op, enum swapadm_param param, uint64_t value);

/**
 * swapadm_op_prepare() - plan the operation; changes nothing
 * @op:     with what it needs: a source, or a process or cgroup; migrate: a destination
 * @model:  current model; a reference is kept. NULL only of swapin and swapout: the plan
 *          shows no tiers, for which swapin reads all pagemaps, and of swapout what areas
 *          have free counts as room also while they are drained
 *
 * Works without privilege, though the plan knows less then.
 * Return: 0, also when it does not fit (see .refusal of the plan); -ENODEV unknown
 * source; -ESRCH no such process; -ENOENT no such cgroup; -EINVAL a parameter is missing,
 * a reserved word, or the destination is the source or unknown; -EBUSY cordon: a drain of
 * it is running; -EPROTONOSUPPORT the layer can't do it (the sentence names the first
 * area with room when that is not in the destination), or no memory controller is
 * mounted; -ENOMEM; else -errno of reading /proc.
 */
int swapadm_op_prepare(struct swapadm_op *op, struct swapadm_model *model);

/* owned by @op; NULL: it was not prepared, or that failed */
const struct swapadm_op_plan *swapadm_op_get_plan(const struct swapadm_op *op);

struct swapadm_job;

/**
 * swapadm_op_start() - do what was prepared
 * @out:  the job; NULL of what is done at once (cordon, uncordon). In the background it
 *        goes on when the caller ends, else it ends with the calling process (pages stay
 *        where they are)
 *
 * The direct layer starts a program for the job, swapadm-worker of the same version as
 * the library; the redirect layer's jobs are the kernel's. Any thread may call it,
 * whatever signals it blocks. Swap-in: pages are read in the order of the disk
 * (process_madvise(WILLNEED)), then touched by nobody: they wait in the swap cache,
 * without a read, for their first use, and keep their slots until then. Swap-out: a
 * process by process_madvise(PAGEOUT), a cgroup of v2 by memory.reclaim, of v1 process by
 * process.
 * Return: 0; -SWAPADM_ENOROOM the plan has a .refusal; -EINVAL not prepared; -EBUSY
 * another job has the device, the sentence names it; -EROFS; -EPERM; -ENOENT the worker
 * is missing, -ELIBBAD of another version, -ETIMEDOUT does not answer, -ECHILD exited at
 * once; else -errno.
 */
int swapadm_op_start(struct swapadm_op *op, struct swapadm_job **out);

/* ---- jobs: drain, migrate, write-back, swap-in, swap-out ------------------------ */

enum swapadm_job_kind {
	SWAPADM_JOB_DRAIN,
	SWAPADM_JOB_REMOVE, /* drain, then detach */
	SWAPADM_JOB_MIGRATE,
	SWAPADM_JOB_WRITEBACK,
	SWAPADM_JOB_SWAPIN,
	SWAPADM_JOB_SWAPOUT,
	SWAPADM_JOB_PARK,
	SWAPADM_JOB_WAKE,
};

enum swapadm_job_state {
	SWAPADM_JOB_RUNNING,
	SWAPADM_JOB_PAUSED,
	SWAPADM_JOB_NO_SPACE,
	SWAPADM_JOB_DONE,
	SWAPADM_JOB_CANCELLED,
	SWAPADM_JOB_FAILED,
	SWAPADM_JOB_LOST, /* its process died */
};

/* what a job is at */
enum swapadm_phase {
	SWAPADM_PHASE_NONE,
	SWAPADM_PHASE_SAMPLE,
	SWAPADM_PHASE_PREREAD,
	SWAPADM_PHASE_SWAPOFF,
	SWAPADM_PHASE_PAGEOUT,
	SWAPADM_PHASE_DETACH,
	SWAPADM_PHASE_MOVE,
	SWAPADM_PHASE_PULL_IN,
	SWAPADM_PHASE_PUSH_OUT,
	SWAPADM_PHASE_FREEZE,
	SWAPADM_PHASE_THAW,
};

/* the words of the command line and of JSON; static text; _phase_name: NULL none */
const char *swapadm_job_kind_name(enum swapadm_job_kind kind);
const char *swapadm_job_state_name(enum swapadm_job_state state);
const char *swapadm_phase_name(enum swapadm_phase phase);

/**
 * struct swapadm_progress - where a job stands
 * @pid:       process that swapoff(2) is finishing, 0: unknown
 * @error:     errno of a failed job, positive; of a cancelled one ECANCELED, or ETIME
 *             when its timeout_s was over
 * @makes_way: the balance service began it: it is cancelled for any other job
 *
 * @rate_bytes_per_s slides over the last seconds; of a finished job it is the mean.
 */
struct swapadm_progress {
	char id[16]; /* "12" of the kernel's, "d3" of the direct layer's */
	enum swapadm_job_kind kind;
	enum swapadm_job_state state;
	char source[256], dest[64];
	enum swapadm_phase phase;
	uint64_t total_bytes, moved_bytes, left_bytes;
	uint64_t rate_bytes_per_s;
	uint64_t elapsed_ns, eta_ns; /* eta 0: unknown */
	uint64_t needed_bytes;       /* state no-space */
	uint64_t lost_race_pages;
	pid_t pid;
	int error;
	char message[256];           /* sentence about a failure, "" none */
	uint64_t started_s, ended_s; /* since 1970; 0: unknown, or not yet */
	int64_t uid;                 /* who logged in and started it; -1: unknown */
	bool makes_way;
};

/**
 * swapadm_job_outlives() - does the job go on when the process that started it ends?
 *
 * True of the kernel's jobs and of those in the background: a program that is interrupted
 * then only stops looking.
 */
bool swapadm_job_outlives(const struct swapadm_job *job);

/**
 * swapadm_job_open() - a running or one of the last 64 finished jobs
 * @id:  "3" or "d3"
 * Return: 0; -ENOENT no such job; -EINVAL not an id.
 */
int swapadm_job_open(struct swapadm_ctx *ctx, const char *id, struct swapadm_job **out);
struct swapadm_job *swapadm_job_ref(struct swapadm_job *job);
struct swapadm_job *swapadm_job_unref(struct swapadm_job *job);

/* pollable (POLLIN) whenever there is something new; owned by the job */
int swapadm_job_fd(const struct swapadm_job *job);

/**
 * swapadm_job_get_progress_sized() - where the job stands now
 *
 * Also quiets swapadm_job_fd() until there is more. A job whose process died without a
 * word has the state LOST.
 * Return: 0; -ENOENT 64 later jobs have finished since; -EBADMSG; else -errno.
 */
int swapadm_job_get_progress_sized(struct swapadm_job *job,
				   struct swapadm_progress *progress, size_t size);
static inline int swapadm_job_get_progress(struct swapadm_job *job,
					   struct swapadm_progress *progress)
{
	return swapadm_job_get_progress_sized(job, progress, sizeof(*progress));
}

/**
 * swapadm_job_pause(), _resume(), _cancel() - ask a job to
 *
 * They ask and come back at once; the state follows when the job has obeyed. In the phase
 * "swapoff" that can take as long as the kernel needs for the process at hand: it looks
 * for signals only between processes. A pause there ends swapoff(2), the area takes pages
 * again, and resume begins anew; what has come in stays in memory.
 * Return: 0; -ESRCH the job is over; -EPERM; -EROFS.
 */
int swapadm_job_pause(struct swapadm_job *job);
int swapadm_job_resume(struct swapadm_job *job);
int swapadm_job_cancel(struct swapadm_job *job);

struct swapadm_jobs;

/**
 * swapadm_jobs_load() - snapshot of all known jobs, running first
 * @out:  free with swapadm_jobs_free()
 *
 * Return: 0; -ENOMEM; else -errno of reading /run/swapadm/jobs (absent: no jobs).
 */
int swapadm_jobs_load(struct swapadm_ctx *ctx, struct swapadm_jobs **out);
struct swapadm_jobs *swapadm_jobs_free(struct swapadm_jobs *jobs);
size_t swapadm_jobs_n(const struct swapadm_jobs *jobs);
/* owned by @jobs; NULL: @i is not below the count */
const struct swapadm_progress *swapadm_jobs_get(const struct swapadm_jobs *jobs,
						size_t i);

/* ---- what is parked --------------------------------------------------------------- */

enum swapadm_park_state {
	SWAPADM_PARK_PARKING,
	SWAPADM_PARK_PARKED,
	SWAPADM_PARK_WAKING,
};

/* "parking", "parked", "waking"; static text */
const char *swapadm_park_state_name(enum swapadm_park_state state);

/**
 * struct swapadm_parked - a process or a cgroup that was parked
 * @source:     "pid 12", "cgroup /a"
 * @comm:       name of the process, or NULL; @pid of it, or 0
 * @cgroup:     of a cgroup, below the mount point, or NULL
 * @job:        that parked it, or wakes it
 * @state:      how far it is
 * @freezer:    what keeps it from running
 * @since_s:    when parking it began, seconds since 1970
 * @pushed_bytes: that went out then
 * @stays_bytes:  of anonymous and shared memory that did not
 * @out_bytes:    that was out of memory then, @pushed_bytes and what had been before
 * @frozen:     it does not run; of _FREEZER_FOREIGN and _NONE: false
 * @unfinished: the job that was to park or wake it died; `swapctl wake` frees it
 * @gone:       the process has ended, or the cgroup was removed
 * @elsewhere:  it can't be seen from this pid or cgroup namespace: @frozen is as it was
 *              left, @pid and @cgroup are its names there
 */
struct swapadm_parked {
	const char *source, *comm, *cgroup, *job;
	pid_t pid;
	enum swapadm_park_state state;
	enum swapadm_freezer freezer;
	uint64_t since_s, pushed_bytes, stays_bytes, out_bytes;
	bool frozen, unfinished, gone, elsewhere;
};

struct swapadm_parked_list;

/**
 * swapadm_parked_load() - snapshot of what is parked, oldest first
 * @out:  free with swapadm_parked_free()
 *
 * Return: 0; -ENOMEM; else -errno of reading /run/swapadm/parked (absent: nothing is).
 */
int swapadm_parked_load(struct swapadm_ctx *ctx, struct swapadm_parked_list **out);
struct swapadm_parked_list *swapadm_parked_free(struct swapadm_parked_list *list);
size_t swapadm_parked_n(const struct swapadm_parked_list *list);
/* owned by @list; NULL: @i is not below the count */
const struct swapadm_parked *swapadm_parked_get(const struct swapadm_parked_list *list,
						size_t i);

/**
 * struct swapadm_parked_damaged - a record of something parked that can't be read
 * @path:    of the file
 * @remedy:  commands that let go what its name says is frozen, and remove the file
 * @frozen:  something of it is frozen still
 */
struct swapadm_parked_damaged {
	const char *path, *remedy;
	bool frozen;
};

size_t swapadm_parked_n_damaged(const struct swapadm_parked_list *list);
/* owned by @list; NULL: @i is not below the count */
const struct swapadm_parked_damaged *
swapadm_parked_get_damaged(const struct swapadm_parked_list *list, size_t i);

/* ---- who is in swap: processes and cgroups, split by tier ----------------------- */

/**
 * struct swapadm_proc - a process with something in swap
 * @cgroup:       its memory cgroup below the mount point, or NULL (asked for with
 *                SWAPADM_PROCS_CGROUP)
 * @swap_bytes:   VmSwap: anonymous and private pages, shmem not counted
 * @tier_bytes:   how much of it is in each tier of swapadm_procs_tier(); NULL when not
 *                asked for with SWAPADM_PROCS_SPLIT, or when several tiers are in use and
 *                pagemaps could not be read (needs root)
 * @other_bytes:  with @tier_bytes: the rest, on areas that could not be told apart
 */
struct swapadm_proc {
	pid_t pid, ppid;
	uid_t uid;
	const char *comm, *cgroup;
	uint64_t swap_bytes, rss_bytes;
	const uint64_t *tier_bytes;
	uint64_t other_bytes;
};

#define SWAPADM_PROCS_SPLIT  (1u << 0) /* .tier_bytes, .other_bytes */
#define SWAPADM_PROCS_CGROUP (1u << 1) /* .cgroup */

struct swapadm_procs;

/**
 * swapadm_procs_load() - snapshot of the processes that have something in swap
 * @model:  for the tiers; a reference is kept
 * @flags:  SWAPADM_PROCS_*; without any, only /proc/PID/status is read
 * @out:    with one reference, largest first; processes that end meanwhile are left out
 *
 * Pages that processes share after fork(2) count for each of them, as in VmSwap.
 * Kernel ABI: /proc/PID/{status,pagemap,cgroup}, PAGEMAP_SCAN where the kernel has it.
 * Return: 0; -ENOMEM; else -errno of reading /proc.
 */
int swapadm_procs_load(struct swapadm_ctx *ctx, struct swapadm_model *model,
		       unsigned flags, struct swapadm_procs **out);
struct swapadm_procs *swapadm_procs_unref(struct swapadm_procs *procs);
size_t swapadm_procs_n(const struct swapadm_procs *procs);
const struct swapadm_proc *swapadm_procs_get(const struct swapadm_procs *procs, size_t i);
size_t swapadm_procs_n_tiers(const struct swapadm_procs *procs);
const char *swapadm_procs_tier(const struct swapadm_procs *procs, size_t i);

/**
 * swapadm_procs_unseen_bytes() - used, but mapped by no process that was looked at
 *
 * Swapped tmpfs and other shared memory, which pagemaps do not show, and pages that were
 * on their way. A lower bound: pages shared after fork(2) make it smaller.
 * Return: bytes; UINT64_MAX when processes have no split (see .tier_bytes).
 */
uint64_t swapadm_procs_unseen_bytes(const struct swapadm_procs *procs);

/*
 * true: /proc is mounted with hidepid=, so that processes of other users are not among
 * them, or is that of a pid namespace other than the first, which shows only its own
 */
bool swapadm_procs_hidden(const struct swapadm_procs *procs);

/**
 * struct swapadm_delay - what a process waited for, all its threads, since it began
 * @known:         it is accounted: it began after kernel.task_delayacct was switched on
 * @swapin_count:  waits for a page from swap, @swapin_ns in all
 * @thrashing_count: waits for a page that was evicted only recently,
 *                 @thrashing_ns in all; those from swap count above too
 */
struct swapadm_delay {
	bool known;
	uint64_t swapin_count, swapin_ns;
	uint64_t thrashing_count, thrashing_ns;
};

struct swapadm_delays;

/**
 * swapadm_delays_open() - a connection to the kernel's delay accounting
 * @ctx:  context; a reference is kept
 * @out:  caller-owned; end with swapadm_delays_free()
 *
 * Kernel ABI: /proc/sys/kernel/task_delayacct (5.14), generic netlink family TASKSTATS
 * (Documentation/accounting/taskstats.rst).
 * Return: 0; -ENODATA accounting is switched off; -EPROTONOSUPPORT the kernel lacks it,
 * or the context shows a capture; -ENOMEM; else -errno of reading or of socket(2).
 */
int swapadm_delays_open(struct swapadm_ctx *ctx, struct swapadm_delays **out);
struct swapadm_delays *swapadm_delays_free(struct swapadm_delays *delays);

/**
 * swapadm_delays_get_sized() - the delays of a process
 * @pid:  of the process, not of one of its threads
 * @out:  filled on success, untouched on failure
 *
 * Return: 0; -ESRCH it has ended; -EPERM without CAP_NET_ADMIN; -EPROTONOSUPPORT version
 * 15 of struct taskstats, whose fields lie elsewhere; -EBADMSG; -ENOMEM; else -errno of
 * netlink.
 */
int swapadm_delays_get_sized(struct swapadm_delays *delays, pid_t pid,
			     struct swapadm_delay *out, size_t size);
static inline int swapadm_delays_get(struct swapadm_delays *delays, pid_t pid,
				     struct swapadm_delay *out)
{
	return swapadm_delays_get_sized(delays, pid, out, sizeof(*out));
}

/**
 * swapadm_delay_rates() - what a process waited for between two readings
 * @before, @now:    of the same process, @interval_ns apart
 * @in_bytes_per_s:  pages that it waited for from swap, or NULL
 * @wait_centipct:   share of the time that it waited for them, in hundredths of a
 *                   percent; of many threads it may be more than 10000; or NULL
 *
 * Return: 0; -ENODATA not known: one of the two is not, no time has passed, or a count
 * fell, so that another process has the pid now; -EINVAL.
 */
int swapadm_delay_rates(const struct swapadm_delay *before,
			const struct swapadm_delay *now, uint64_t interval_ns,
			uint64_t *in_bytes_per_s, uint64_t *wait_centipct);

/**
 * struct swapadm_cgroup - a memory cgroup with something in swap, in it or below
 * @path:         below the mount point, "/" the root group
 * @depth:        0 the root group
 * @swap_bytes:   as the group counts (v1: total_swap and total_swapcached, v2:
 *                memory.swap.current)
 * @cached_bytes: of @swap_bytes: in memory as well: the swap cache (in @usage_bytes too)
 * @zswapped_bytes: logical size of what is in zswap, @zswap_bytes RAM that it takes (v2)
 * @limit_bytes:  of memory; @swap_limit_bytes: of swap (v1: of memory + swap);
 *                UINT64_MAX: none
 * @tier_bytes:   pages of the processes in it and below, by tier; NULL as above
 * @other_bytes:  of those processes, on areas that could not be told apart
 * @n_procs:      processes with something in swap, in it and below
 * @swapin_bytes: ever read from swap areas, @swapout_bytes written to them, in it and
 *                below (v2 of kernels from 6.13 on; what zswap takes is in neither)
 * @refault_bytes: ever evicted and needed again soon, from any place of swap (5.9)
 * @tiers:        that its pages may use, with the limits, as "ssd:4G, hdd": by a rule of
 *                its own, or of the nearest ancestor that has one; NULL: all. On a kernel
 *                with tiers of its own (swapadm_kernel_tier()): what its mask allows
 * @tiers_from:   path of the cgroup whose rule that is
 * @tiers_prefer: what finds no room there goes to others, instead of staying in memory
 * @refused_writes: under that rule, in all cgroups that it holds for: writes without room
 * @outside_bytes: likewise: pages in tiers that the rule does not name
 */
struct swapadm_cgroup {
	const char *path;
	unsigned depth;
	uint32_t known; /* SWAPADM_CGROUP_* */
	uint64_t usage_bytes, limit_bytes;
	uint64_t swap_bytes, swap_limit_bytes;
	uint64_t zswap_bytes, zswapped_bytes;
	uint64_t cached_bytes;
	const uint64_t *tier_bytes;
	uint64_t other_bytes;
	size_t n_procs;
	uint64_t swapin_bytes, swapout_bytes, refault_bytes;
	const char *tiers, *tiers_from;
	bool tiers_prefer;
	uint64_t refused_writes, outside_bytes;
};
#define SWAPADM_CGROUP_USAGE    (1u << 0) /* usage, limit */
#define SWAPADM_CGROUP_SWAP     (1u << 1) /* swap */
#define SWAPADM_CGROUP_ZSWAP    (1u << 2)
#define SWAPADM_CGROUP_CACHED   (1u << 3)
#define SWAPADM_CGROUP_MOVES    (1u << 4) /* swapin, swapout */
#define SWAPADM_CGROUP_REFAULTS (1u << 5)

struct swapadm_cgroups;

/**
 * swapadm_kernel_tier() - the kernel's own tier of the areas with a priority
 * @prio:  of the areas
 *
 * Kernel ABI: swap/tiers of debugfs, posted for evaluation, in no released kernel.
 * Return: its index, from 0 on; -ENOENT no such tier, or a kernel without them; -EINVAL;
 * else -errno of reading, -EACCES for who is not root.
 */
int swapadm_kernel_tier(struct swapadm_ctx *ctx, int prio);

/**
 * swapadm_virtual_slots() - do page tables name virtual slots instead of places on areas?
 *
 * Then nobody can say where the swapped pages of a process lie. Kernel ABI: the folder
 * vswap of debugfs, posted, in no released kernel; only root sees it.
 * Return: 1; 0; -EINVAL.
 */
int swapadm_virtual_slots(struct swapadm_ctx *ctx);

/**
 * swapadm_cgroups_load() - snapshot of the memory cgroups, ancestors before descendants
 * @procs:  the processes to split by, loaded with SWAPADM_PROCS_CGROUP; a reference is
 *   kept
 *
 * Return: 0; -EPROTONOSUPPORT no memory controller is mounted; -ENOMEM; else -errno.
 */
int swapadm_cgroups_load(struct swapadm_ctx *ctx, struct swapadm_procs *procs,
			 struct swapadm_cgroups **out);
struct swapadm_cgroups *swapadm_cgroups_free(struct swapadm_cgroups *cgroups);
size_t swapadm_cgroups_n(const struct swapadm_cgroups *cgroups);
const struct swapadm_cgroup *swapadm_cgroups_get(const struct swapadm_cgroups *cgroups,
						 size_t i);

/* what became of the tiers of a [cgroup] */
enum swapadm_rule_state {
	SWAPADM_RULE_HOLDS,      /* as configured */
	SWAPADM_RULE_NO_CGROUP,  /* there is no such cgroup now */
	SWAPADM_RULE_UNSET,      /* it has no rule: made since the last apply */
	SWAPADM_RULE_DIFFERS,    /* it has another rule */
	SWAPADM_RULE_NOT_HERE,   /* the layer, or version 1 of cgroups, has none */
	SWAPADM_RULE_OLD_MODULE, /* the loaded module tswap has none */
	SWAPADM_RULE_UNKNOWN,    /* it can't be seen from here */
};

/**
 * struct swapadm_rule - tiers of a [cgroup] of the configuration
 * @cgroup:  path below the mount point
 * @state:   do they hold?
 * @refused_writes: writes that found no room in them since they were set, in it and below
 * @no_room: of _HOLDS, strict: there is none now (to some per cent) in any of its tiers
 */
struct swapadm_rule {
	const char *cgroup;
	enum swapadm_rule_state state;
	uint64_t refused_writes;
	bool no_room;
};

struct swapadm_rules;

/**
 * swapadm_rules_load() - do the tiers of cgroups hold that the configuration asks for?
 * @model:  for the layer in use
 * @conf:   its [cgroup] sections with tiers, in their order
 * @out:    free with swapadm_rules_free()
 *
 * Kernel ABI: the netlink family tswap; debugfs swap/memcg_tiers on the direct layer.
 * Return: 0; -EINVAL an argument is NULL; -ENOMEM.
 */
int swapadm_rules_load(struct swapadm_ctx *ctx, const struct swapadm_model *model,
		       const struct swapadm_conf *conf, struct swapadm_rules **out);
struct swapadm_rules *swapadm_rules_free(struct swapadm_rules *rules);
size_t swapadm_rules_n(const struct swapadm_rules *rules);
/* owned by @rules; NULL: @i is not below the count */
const struct swapadm_rule *swapadm_rules_get(const struct swapadm_rules *rules, size_t i);

/**
 * swapadm_cgroups_get_psi_sized() - memory pressure of a cgroup
 * @i:    below the count
 * @out:  filled on success, untouched on failure
 *
 * Read now, not at load. Kernel ABI: memory.pressure of cgroup v2
 * (Documentation/accounting/psi.rst).
 * Return: 0; -EPROTONOSUPPORT the group has no such file (v1, the root group before 5.2,
 * a kernel without PSI); -EBADMSG; -ENOMEM; else -errno of open or read.
 */
int swapadm_cgroups_get_psi_sized(struct swapadm_ctx *ctx,
				  const struct swapadm_cgroups *cgroups, size_t i,
				  struct swapadm_psi *out, size_t size);
static inline int swapadm_cgroups_get_psi(struct swapadm_ctx *ctx,
					  const struct swapadm_cgroups *cgroups, size_t i,
					  struct swapadm_psi *out)
{
	return swapadm_cgroups_get_psi_sized(ctx, cgroups, i, out, sizeof(*out));
}

/* what a piece of shared memory is */
enum swapadm_shared_kind {
	SWAPADM_SHARED_TMPFS,   /* a file of a tmpfs; .name is its path */
	SWAPADM_SHARED_DELETED, /* one that has no name any more, or memory of a driver */
	SWAPADM_SHARED_MEMFD,   /* memfd_create(2); .name as given there */
	SWAPADM_SHARED_SYSV,    /* shmget(2); .name is its number, and its key if known */
	SWAPADM_SHARED_ANON,    /* mmap(2) MAP_SHARED with MAP_ANONYMOUS */
};

/* the words of the command line and of JSON; static text, NULL for other values */
const char *swapadm_shared_kind_name(enum swapadm_shared_kind kind);

/* a process that has it mapped, or open without a path */
struct swapadm_shared_mapper {
	pid_t pid;
	uid_t uid;
	const char *comm;
};

/**
 * struct swapadm_shared_object - a piece of shared memory with something in swap
 * @name:        as the mapping shows it: a path of another mount namespace is as seen
 *               there
 * @swap_bytes:  of all of it; of one that processes map in parts and that is not a file
 *               in sight, what they map: a lower bound
 * @size_bytes:  to the end of the last part that is mapped; of SYSV the whole segment
 * @mappers:     @n_mappers of them, by number; none: a file or segment that nobody maps
 */
struct swapadm_shared_object {
	enum swapadm_shared_kind kind;
	const char *name;
	uint64_t swap_bytes, size_bytes;
	const struct swapadm_shared_mapper *mappers;
	size_t n_mappers;
};

struct swapadm_shared;

/**
 * swapadm_shared_load() - snapshot of shared memory in swap: objects, most first
 * @out:  free with swapadm_shared_free()
 *
 * Found are what processes map, memfds and deleted files of a tmpfs that processes have
 * open, System V segments of this IPC namespace, and tmpfs files of this mount namespace;
 * without privilege what the user may read. Files are mapped for a moment, which neither
 * reads nor moves a page nor sets a time of access; a tmpfs is busy for as long. Not
 * found are what is on its way in a socket, and a file of another mount namespace that
 * nobody maps. A process that keeps its page tables locked is left out, with a warning.
 * The call walks the page tables of each process that shares memory, all descriptors, and
 * the folders of each tmpfs.
 * Kernel ABI: /proc/PID/{maps,smaps,status,fd,fdinfo,mountinfo,ns/ipc}, "Swap:" of shared
 * mappings (4.5); /proc/sysvipc/shm. Below another root no files are mapped.
 * Return: 0; -EINVAL; -ENOMEM; else -errno of reading /proc.
 */
int swapadm_shared_load(struct swapadm_ctx *ctx, struct swapadm_shared **out);
struct swapadm_shared *swapadm_shared_free(struct swapadm_shared *shared);
size_t swapadm_shared_n(const struct swapadm_shared *shared);
/* owned by @shared; NULL: @i is not below the count */
const struct swapadm_shared_object *
swapadm_shared_get(const struct swapadm_shared *shared, size_t i);

/*
 * What is in swap and neither in @shared nor in a process of @procs, loaded with
 * SWAPADM_PROCS_SPLIT; UINT64_MAX: not known, see swapadm_procs_unseen_bytes().
 */
uint64_t swapadm_shared_rest_bytes(const struct swapadm_shared *shared,
				   const struct swapadm_procs *procs);

/* true: mappings of some processes could not be read: it takes root */
bool swapadm_shared_partial(const struct swapadm_shared *shared);

/* ---- balance: demotion by the tiers' watermarks ---------------------------------- */

/* what a decision of balance is to do */
enum swapadm_balance_kind {
	SWAPADM_BALANCE_DEMOTE, /* move pages to a slower tier or to a backing device */
	SWAPADM_BALANCE_MARK,   /* mark a zram's pages idle: what stays idle goes later */
	SWAPADM_BALANCE_RECOMPRESS, /* compress a zram's idle pages better */
	SWAPADM_BALANCE_ZSWAP,      /* write zswap's coldest pages to disk */
};

/**
 * struct swapadm_balance_decision - one step that the configuration asks for
 * @tier:   source, @dest destination ("" none has room); dest "backing": the write-back
 *          device of the zram @device; of zswap, tier "zswap"
 * @bytes:  the most that may be moved; 0: nothing can be moved now. Of zswap, by how much
 *          its pool is to become smaller
 * @why:    for a person: why it is to be moved, with figures of this moment
 * @waits:  why it can't be moved now; "" it can
 */
struct swapadm_balance_decision {
	char tier[32], dest[32];
	uint64_t bytes, older_s;
	char why[160], waits[96];
	enum swapadm_balance_kind kind;
	char device[64];
};

struct swapadm_balance;

/**
 * swapadm_balance_new() - what remembers descents from one look to the next
 * Return: 0; -ENOMEM.
 */
int swapadm_balance_new(struct swapadm_ctx *ctx, struct swapadm_balance **out);
struct swapadm_balance *swapadm_balance_free(struct swapadm_balance *balance);

/**
 * swapadm_balance_set_stop_fd() - a step that takes seconds ends early
 * @fd:  as soon as poll(2) finds it readable, such as a signalfd(2); -1: none. Borrowed.
 *
 * Return: 0; -EINVAL.
 */
int swapadm_balance_set_stop_fd(struct swapadm_balance *balance, int fd);

/**
 * swapadm_balance_begin() - rounds that are carried out begin
 *
 * From now on swapadm_balance_decide() finds out by trying, once, whether the kernel
 * tracks the age of a zram's pages and whether memory.reclaim reaches zswap: a write that
 * marks nothing, and a cgroup that is made and removed. What another boot wrote to the
 * tiers is counted to this boot's day; when that fails it is logged, and the next charge
 * does it. The limits of zswap and of zrams that a killed job left are put back. To be
 * called once, before swapadm_balance_start().
 * Return: 0; -EINVAL; -EACCES, -EPERM or another -errno of the kernel's files: limits are
 * not put back, and the sentence says so; rounds may begin all the same.
 */
int swapadm_balance_begin(struct swapadm_balance *balance);

/**
 * swapadm_balance_decide() - what the watermarks ask for now; changes nothing
 * @conf:   has the watermarks and write budgets
 * @model:  as it is now
 * @n:      how many moves are asked for; see swapadm_balance_get()
 *
 * Begins above demote-above, goes on until below demote-below, in pieces of at most 64
 * MiB. A tier that a job touches is left alone until that has ended. On the direct layer
 * the pages go from zram devices to their own write-back devices, and what a tier holds
 * in memory counts.
 * Return: 0; -EPROTONOSUPPORT nothing that is configured here can be done on this layer
 * and kernel; -ENOMEM; else -errno.
 */
int swapadm_balance_decide(struct swapadm_balance *balance, struct swapadm_conf *conf,
			   const struct swapadm_model *model, size_t *n);

/* owned by @balance, valid until it decides again; NULL: @i is not below the count */
const struct swapadm_balance_decision *
swapadm_balance_get(const struct swapadm_balance *balance, size_t i);

/**
 * swapadm_balance_start() - begin a move, and count it to the destination's write budget
 * @decision:  with .bytes above 0
 * @out:       the job, or NULL: it is done already
 *
 * The job's progress has .why as its message. Any other job that needs the same source
 * cancels this one. After a failure the source rests for a minute.
 * Return: as swapadm_op_prepare() and swapadm_op_start(); -errno of writing
 * /var/lib/swapadm/write-budget.
 */
int swapadm_balance_start(struct swapadm_balance *balance, struct swapadm_model *model,
			  const struct swapadm_balance_decision *decision,
			  struct swapadm_job **out);

/**
 * swapadm_balance_moved() - what the last swapadm_balance_start() moved without a job
 *
 * Of zswap the pages that went to the areas behind it, of a recompression the memory that
 * it has freed; in bytes.
 */
uint64_t swapadm_balance_moved(const struct swapadm_balance *balance);

/**
 * swapadm_balance_end() - the move is over
 * @moved_bytes:  what it moved; the rest goes back to the write budget. When that is
 *                little, the tier rests for a minute: nothing else is old enough
 */
int swapadm_balance_end(struct swapadm_balance *balance,
			const struct swapadm_balance_decision *decision,
			uint64_t moved_bytes);

/**
 * swapadm_balance_budget_left() - what balance may still write to a tier today
 * @tier:   of the configuration
 * @bytes:  the rest; 0: spent
 *
 * The day is that of UTC. One small file is read: /var/lib/swapadm/write-budget.
 * Return: 0; -ENODATA the tier has no write budget; else -errno.
 */
int swapadm_balance_budget_left(struct swapadm_ctx *ctx,
				const struct swapadm_conf_tier *tier, uint64_t *bytes);

/**
 * swapadm_balance_zswap_lacks() - what keeps zswap's pages from being written back
 *
 * The kernel is asked by a pool that is full for a moment, in a cgroup of its own, or by
 * memory.reclaim: see balance in swapctl(8).
 * Return: for a person, a constant; NULL: nothing does.
 */
const char *swapadm_balance_zswap_lacks(struct swapadm_ctx *ctx);

/**
 * struct swapadm_balance_round - how a round of balance went
 * @ended_s:      time of its end, seconds since 1970
 * @moved_bytes:  by all of its moves
 * @waiting:      tiers above their watermark from which nothing can be moved now
 * @failed:       a move or a look failed
 * @why:          of the first of the waiting tiers, "TIER: REASON", for a person; ""
 */
struct swapadm_balance_round {
	uint64_t ended_s, moved_bytes;
	unsigned waiting;
	bool failed;
	char why[128];
};

/**
 * swapadm_balance_set_last_sized(), _get_last_sized() - the last round since boot
 *
 * Kept in /run/swapadm/balance-round, a line, replaced at once.
 * Return: 0; -ENOENT get: no round yet; -EBADMSG get: not such a line; -EROFS; -EBUSY
 * set: another swapadm holds the lock; else -errno.
 */
int swapadm_balance_set_last_sized(struct swapadm_ctx *ctx,
				   const struct swapadm_balance_round *round,
				   size_t size);
static inline int swapadm_balance_set_last(struct swapadm_ctx *ctx,
					   const struct swapadm_balance_round *round)
{
	return swapadm_balance_set_last_sized(ctx, round, sizeof(*round));
}

/* as described above */
int swapadm_balance_get_last_sized(struct swapadm_ctx *ctx,
				   struct swapadm_balance_round *out, size_t size);
static inline int swapadm_balance_get_last(struct swapadm_ctx *ctx,
					   struct swapadm_balance_round *out)
{
	return swapadm_balance_get_last_sized(ctx, out, sizeof(*out));
}

/* ---- events: one stream of what happens -------------------------------------- */

/**
 * struct swapadm_event - something that happened
 * @source:  who noticed: "tswap", the module; "block", the kernel's block devices; "areas",
 *           "jobs", "memory" and "balance", a look that found another state than the one
 *           before
 * @kind:    of tswap "device", "leaf", "tier", "cgroup" (a rule of it); of block "disk", "partition"; "area"; "job";
 *           "pressure"; "round" of balance; "events"
 * @object:  kernel name, name of a tier, id of a job or a cgroup
 * @what:    of tswap and block "added", "removed", "changed", of tswap also "failed",
 *           "full", "no-space", "uncovered", "covered", "state", "lost", "stalled",
 *           "responds"; of areas "present" (at the first look), "new", "changed", "gone";
 *           of jobs "present", "started", "changed", "ended"; of pressure "rising",
 *           "falling"; of balance "done", "failed"; of events "lost": the kernel dropped
 *           some, and the state was read again
 * @text:    what that means, for a person; "" when @what says all
 * @time_ns: since 1970
 * @device:  of an area: as it is now, or was before it went; else NULL; @tier likewise
 * @job:     of a job, else NULL
 * @psi:     of pressure: of memory, else NULL
 * @round:   of balance, else NULL
 *
 * All of it is valid until the function that got it returns.
 */
struct swapadm_event {
	const char *source, *kind, *object, *what, *text;
	uint64_t time_ns;
	const struct swapadm_device *device;
	const struct swapadm_tier *tier;
	const struct swapadm_progress *job;
	const struct swapadm_psi *psi;
	const struct swapadm_balance_round *round;
};

struct swapadm_events;
typedef void (*swapadm_event_fn)(void *data, const struct swapadm_event *event);

/**
 * swapadm_events_open() - watch areas, jobs, pressure, balance, the module, block devices
 * @conf:  names of tiers, or NULL; a reference is kept
 *
 * The kernel wakes the descriptor when an area comes or goes, when the tswap module or a
 * block device has something to report, and a clock does once a second: jobs and pressure
 * are looked at then. The module may come and go meanwhile.
 * Kernel ABI: poll(2) of /proc/swaps (mm/swapfile.c swaps_poll()), uevents, the netlink
 * family tswap.
 * Return: 0; -EINVAL with a root of its own; -ENOMEM; else -errno of the descriptors.
 */
int swapadm_events_open(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
			struct swapadm_events **out);
struct swapadm_events *swapadm_events_free(struct swapadm_events *events);
int swapadm_events_fd(const struct swapadm_events *events); /* pollable (POLLIN) */

/**
 * swapadm_events_read() - hand what has happened to @fn, without waiting
 *
 * The first call hands over the areas and running jobs that there are. An area that came
 * and went between two calls is the only thing that is lost silently.
 * Return: 0; else -errno of reading the state; then the next call tries again.
 */
int swapadm_events_read(struct swapadm_events *events, swapadm_event_fn fn, void *data);

#ifdef __cplusplus
}
#endif
#endif /* SWAPADM_H */
