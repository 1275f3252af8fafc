// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - no hibernation while a device is open
 *
 * A hibernation image is written to the swap area past the map that would find it again:
 * the image would be lost. So the attempt is refused before anything is frozen.
 */
#include <linux/notifier.h>
#include <linux/suspend.h>

#include "tswap.h"

static int pm_event(struct notifier_block *nb, unsigned long event, void *unused)
{
	if (event != PM_HIBERNATION_PREPARE && event != PM_RESTORE_PREPARE)
		return NOTIFY_DONE;
	if (!tswap_any_open())
		return NOTIFY_DONE;
	pr_notice("tswap: hibernation refused, a tswap device is in use as swap\n");
	return notifier_from_errno(-EBUSY);
}

static struct notifier_block pm_block = { .notifier_call = pm_event };

int tswap_pm_init(void)
{
	return register_pm_notifier(&pm_block);
}

void tswap_pm_exit(void)
{
	unregister_pm_notifier(&pm_block);
}
