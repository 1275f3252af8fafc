/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of configuration files share. */
#ifndef CONFFILE_H
#define CONFFILE_H

#include "unit.h"
#include "sandbox.h"
#include "conf/conf.h"

#define MAIN  "/etc/swapadm.conf"
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static inline int setup(void **state)
{
	static struct sandbox box;

	sandbox_open(&box);
	*state = &box;
	return 0;
}

static inline int teardown(void **state)
{
	sandbox_close(*state);
	return 0;
}

static inline struct swapadm_conf *load(struct sandbox *box)
{
	struct swapadm_conf *conf = NULL;
	int r = swapadm_conf_load(box->ctx, NULL, &conf);

	if (r)
		fail_msg("%s", swapadm_get_error(box->ctx));
	return conf;
}

static inline void refused(struct sandbox *box, int err, const char *error)
{
	struct swapadm_conf *conf = (void *)box;

	assert_int_equal(swapadm_conf_load(box->ctx, NULL, &conf), err);
	assert_string_equal(swapadm_get_error(box->ctx), error);
	assert_ptr_equal(conf, box); /* untouched */
}

/* the file of the design, word for word */
static const char design[] =
	"[swapadm]\n"
	"layer = auto                 ; auto | direct | redirect\n"
	"size  = 64G                  ; redirect: size of the tswap device\n"
	"\n"
	"[tier fast]                  ; rank = order of appearance unless given\n"
	"device = zram, size=50%ram, algorithm=zstd\n"
	"[tier ssd]\n"
	"device = UUID=2b1c\xe2\x80\xa6, discard=pages\n"
	"device = /dev/nvme1n1p2\n"
	"[tier hdd]\n"
	"device = LABEL=cold\n"
	"on-swapin     = free         ; free | keep the backing copy\n"
	"demote-above  = 80%          ; watermarks\n"
	"demote-below  = 60%\n"
	"demote-older  = 10min\n"
	"write-budget  = 20G/day\n"
	"[zswap]\n"
	"enabled = yes\n"
	"compressor = zstd\n"
	"max-pool = 20%\n"
	"[cgroup batch]\n"
	"path = /system.slice/batch.service\n"
	"swap-max = 8G\n"
	"zswap-writeback = no\n";

#endif
