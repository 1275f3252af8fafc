/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine.h"

#include "state/state.h"

#define HEAD "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

struct swapadm_model *load(struct sandbox *box, unsigned flags)
{
	struct swapadm_conf *conf = NULL;
	struct swapadm_model *model = NULL;
	int r = swapadm_conf_load(box->ctx, NULL, &conf);

	if (r)
		fail_msg("conf: %s", swapadm_get_error(box->ctx));
	r = swapadm_model_load(box->ctx, conf, flags, &model);
	if (r)
		fail_msg("model: %s", swapadm_get_error(box->ctx));
	swapadm_conf_unref(conf);
	return model;
}

const char *shape(const struct swapadm_model *model)
{
	static char text[4096];
	size_t n = 0;

	text[0] = '\0';
	for (size_t t = 0; t < swapadm_model_n_tiers(model); t++) {
		const struct swapadm_tier *tier = swapadm_model_tier(model, t);
		char prio[16] = "-";

		if (tier->prio != SWAPADM_PRIO_NONE)
			snprintf(prio, sizeof(prio), "%d", tier->prio);
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "%s%s[%d/%s/%s]:", t ? " | " : "", tier->name,
				      tier->rank, prio, swapadm_kind_name(tier->kind));
		for (size_t i = 0; i < tier->n_devices; i++) {
			const struct swapadm_device *dev = tier->devices[i];

			assert_ptr_equal(dev->tier, tier->name);
			n += (size_t)snprintf(
				text + n, sizeof(text) - n, " %s%s", dev->name,
				dev->state == SWAPADM_STATE_ACTIVE ? "" : "(inactive)");
		}
	}
	return text;
}

void a_machine(struct sandbox *box)
{
	fixture_blockdev(box, ATA "sda", "8:0", "0\n");
	fixture_blockdev(box, ATA "sda/sda2", "8:2", NULL);
	fixture_blockdev(box, ATA "sdb", "8:16", "0\n");
	fixture_blockdev(box, ATA "sdc", "8:32", "1\n");
	fixture_blockdev(box, "virtual/block/zram0", "252:0", "0\n");
	sandbox_write(box, "/sys/block/zram0/disksize", "1073741824\n");
	sandbox_write(box, "/sys/block/zram0/mm_stat",
		      "4194304 1048576 1572864 0 2097152 3 0 0 0\n");
	sandbox_write(box, "/sys/block/zram0/comp_algorithm", "lzo [zstd]\n");
	sandbox_write(box, "/proc/meminfo", "MemTotal: 2097152 kB\n");
}

void areas(struct sandbox *box, const char *lines)
{
	char text[4096];

	snprintf(text, sizeof(text), HEAD "%s", lines);
	sandbox_write(box, "/proc/swaps", text);
}

void record(struct sandbox *box, const char *const (*devices)[3], size_t n)
{
	struct state s = {};

	for (size_t i = 0; i < n; i++)
		assert_int_equal(state_set_device(&s, devices[i][0], devices[i][1],
						  devices[i][2], true),
				 0);
	assert_int_equal(state_set_tier(&s, "cli", 7), 0);
	assert_int_equal(state_set_tier(&s, "empty", 8), 0);
	box->ctx->foreign_root = false; /* the test may, the library may not */
	assert_int_equal(state_mkdir(box->ctx, NULL), 0);
	assert_int_equal(state_save(box->ctx, &s), 0);
	box->ctx->foreign_root = true;
	state_free(&s);
}
