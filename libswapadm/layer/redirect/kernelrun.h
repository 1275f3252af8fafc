/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A worker that has the kernel move pages as a part of what it does. */
#ifndef SWAPADM_KERNELRUN_H
#define SWAPADM_KERNELRUN_H

#include "job/worker.h"
#include "job/request.h"
#include "module/msg.h"

/**
 * kernelrun() - one job of the kernel, followed to its end
 * @job:          of the worker: the wishes of whoever controls it are handed on, and its
 *                record shows the kernel's progress, on top of what it has moved before
 * @req:          what the kernel is to do
 * @object:       begins the sentence of a failure: "sdb2: remove"
 * @moved_pages:  is added to; or NULL
 *
 * When the worker is killed, the kernel's job goes on to its own end.
 * Return: 0; -ECANCELED; -ETIME; else -errno with the sentence, as redirect_job_start().
 */
int kernelrun(struct jobrun *job, const struct tswap_job_msg *req, const char *object,
	      uint64_t *moved_pages);

/*
 * what a worker has to know of @job, without slots, and that read back; 0; -EBADMSG;
 * -ENOMEM
 */
int kernelrun_save(const struct tswap_job_msg *job, struct request *req);
int kernelrun_load(const struct request *req, struct tswap_job_msg *job);

#endif
