/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "balance/direct.h"

struct balance_memory *balance_recall(struct swapadm_balance *balance, const char *name)
{
	struct balance_memory *m;

	for (size_t i = 0; i < balance->n_memories; i++)
		if (streq(balance->memories[i].name, name))
			return &balance->memories[i];
	if (!array_grow(&balance->memories, balance->n_memories))
		return NULL;
	m = &balance->memories[balance->n_memories++];
	*m = (struct balance_memory){ 0 };
	snprintf(m->name, sizeof(m->name), "%s", name);
	return m;
}
