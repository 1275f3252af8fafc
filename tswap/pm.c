// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - no hibernation while a device is open
 *
 * A hibernation image is written to the swap area past the map that would find it again:
 * the image would be lost. So the attempt is refused before anything is frozen, and once
 * one has begun no device can be opened until it is over.
 */
#include <linux/notifier.h>
#include <linux/suspend.h>

#include "tswap.h"

static int prepare(void)
{
	if (tswap_forbid_opens(true))
		return NOTIFY_OK;
	tswap_forbid_opens(false);
	pr_notice("tswap: hibernation refused, a tswap device is in use as swap\n");
	return notifier_from_errno(-EBUSY);
}

static int pm_event(struct notifier_block *nb, unsigned long event, void *unused)
{
	switch (event) {
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		return prepare();
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		tswap_forbid_opens(false);
		return NOTIFY_OK;
	default:
		return NOTIFY_DONE;
	}
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
