/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading the tswap module, and saying why it can't be: not installed, not built for this
 * kernel, refused by it, or of another version. The sentence names cause and remedy.
 */
#ifndef SWAPADM_TSWAP_LOADING_H
#define SWAPADM_TSWAP_LOADING_H

#include "base/ctx.h"

/**
 * struct tswap_kernel - what there is of the module and its kernel
 * @release:    of the running kernel
 * @version:    of the source that dkms has, "" none
 * @other:      another kernel that the module is installed for, "" none
 * @mok:        public key that dkms signs with, "" none
 * @headers:    the headers of the running kernel are installed
 * @lockdown:   the kernel is locked down (integrity or confidentiality)
 * @disabled:   it loads no module any more (kernel.modules_disabled)
 */
struct tswap_kernel {
	char release[128], version[32], other[128], mok[64];
	bool headers, lockdown, disabled;
};

void tswap_look_at_kernel(struct swapadm_ctx *ctx, struct tswap_kernel *out);

/**
 * tswap_explain() - why modprobe(8) failed, and what to do; pure
 * @result:  of program_run()
 * @words:   the last line of modprobe's stderr
 * @buf:     "cause; remedy"
 */
void tswap_explain(const struct tswap_kernel *kernel, int result, const char *words,
		   char *buf, size_t size);

/*
 * could the module be loaded? 0, or -EPROTONOSUPPORT with the sentence; changes nothing,
 * so it does not learn whether the kernel would refuse it
 */
int tswap_find_module(struct swapadm_ctx *ctx);

/**
 * tswap_load_module() - modprobe tswap, when it is not there
 * Return: 0; -EPROTONOSUPPORT the sentence has cause and remedy; -EPERM; -EROFS.
 */
int tswap_load_module(struct swapadm_ctx *ctx);

#endif
