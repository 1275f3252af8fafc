/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Other makers of swap, read as a configuration of ours.
 *
 * A source adds entries, a device each with what could not be carried over as comments,
 * and changes: what turns the source off when its devices are taken over. Nothing is
 * changed before import_take_over(), and no change touches swap that is in use.
 */
#ifndef SWAPADM_IMPORT_H
#define SWAPADM_IMPORT_H

#include "base/ctx.h"

/**
 * struct import_entry - a device, or what became none
 * @prio:     priority that it has there, SWAPADM_PRIO_NONE: the kernel's choice
 * @is_zram:  of RAM
 * @stays:    the source does not activate it, or keeps it when it is turned off
 * @device:   value of a device line, "" none: only comments
 * @comments: lines without the mark of a comment
 * @line:     of fstab; 0: of another source
 */
struct import_entry {
	int prio;
	bool is_zram, stays;
	unsigned line;
	char *device, *comments;
};

enum import_change_kind {
	CHANGE_FSTAB,     /* lines of /etc/fstab become comments */
	CHANGE_GENERATOR, /* a generator of systemd is replaced by /dev/null */
	CHANGE_DISABLE,   /* systemctl disable */
	CHANGE_MASK,      /* systemctl mask */
};

struct import_change {
	struct swapadm_import_change pub;
	enum import_change_kind kind;
	unsigned line; /* FSTAB */
	char *what;    /* device or source; of FSTAB as the line names it */
};

struct swapadm_import {
	unsigned refs;
	struct swapadm_ctx *ctx;
	struct import_entry *entries;
	size_t n_entries;
	struct import_change *changes;
	size_t n_changes;
	char *zswap;   /* lines of a section [zswap], or NULL */
	char *sources; /* names of those that had something */
	char *text;
	bool full;     /* made of sources, not of conflicts */
	bool no_files; /* of conflicts: the configuration wants leaves */
	char *lost;    /* name of what a take-over would lose, or NULL */
};

#define FSTAB "/etc/fstab"

/* no line break of a file's text may end a comment */
void import_clean(char *text);

/* list.c, all: 0; -ENOMEM with the sentence */
int import_no_memory(struct swapadm_import *import);
int import_entry(struct swapadm_import *import, int prio, const char *device,
		 struct import_entry **out);
/* can a line of the configuration have it? a comma in a path, a name that is cut, ... */
bool import_is_line(struct swapadm_import *import, const char *device);
/* of a source's words; more than there is becomes the highest, what is none NONE */
int import_prio(const char *text);
int import_comment(struct swapadm_import *import, struct import_entry *entry,
		   const char *fmt, ...) _printf_(3, 4);
int import_change(struct swapadm_import *import, enum import_change_kind kind,
		  const char *object, unsigned line, const char *what, const char *undo);
/* one more line of [zswap]; a comment where the configuration does not take it */
int import_zswap(struct swapadm_import *import, const char *key, const char *value);

/* bytes of a formula's result, up to a page as the kernel does it; "size=N" of a device */
void import_size(struct swapadm_import *import, uint64_t bytes, char *buf, size_t size);

/* sources: 0, also when there is nothing of theirs; -errno with the sentence */
int import_fstab(struct swapadm_import *import);
int import_zram_generator(struct swapadm_import *import);
int import_zram_tools(struct swapadm_import *import);
int import_dphys(struct swapadm_import *import);
int import_systemd_swap(struct swapadm_import *import);

/* fstab.c: the swap lines of fstab and units that mean a device of @conf, as changes */
int import_conflicts(struct swapadm_import *import, struct swapadm_conf *conf);
/*
 * the text of fstab with the lines of CHANGE_FSTAB as comments, to be freed also on
 * failure; -ESTALE a line is not the one that was read; -ENOMEM. No sentence.
 */
int import_fstab_text(const struct swapadm_import *import, const char *text, char **out);

#endif
