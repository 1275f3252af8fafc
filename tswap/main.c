// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - redirect layer for swap
 *
 * A tswap device is a block device that is only ever used as a swap area. Every slot is
 * redirected to a position on one of its leaves, so pages can move between devices while
 * the page tables go on naming the slot. This file loads and unloads the module.
 */
#include <linux/module.h>

#include "tswap.h"

static int __init tswap_init(void)
{
	int err = tswap_devices_init();

	if (err)
		return err;
	err = tswap_io_init();
	if (err)
		goto devices;
	err = tswap_pm_init();
	if (err)
		goto io;
	err = tswap_netlink_init();
	if (err)
		goto pm;
	return 0;
pm:
	tswap_pm_exit();
io:
	tswap_io_exit();
devices:
	tswap_devices_exit();
	return err;
}

/* Every device holds a reference to the module, so there are none. */
static void __exit tswap_exit(void)
{
	tswap_netlink_exit();
	tswap_pm_exit();
	tswap_job_exit();
	rcu_barrier(); /* objects freed by kfree_rcu() and RCU callbacks */
	tswap_io_exit();
	tswap_devices_exit();
}

module_init(tswap_init);
module_exit(tswap_exit);
MODULE_DESCRIPTION("redirect layer for swap: tiers whose pages can be moved live");
MODULE_AUTHOR("swapadm developers");
MODULE_LICENSE("GPL");
MODULE_VERSION("1.0"); /* as in dkms.conf */
MODULE_ALIAS_GENL_FAMILY(TSWAP_FAMILY_NAME);
