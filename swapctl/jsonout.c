/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "jsonout.h"

#include <string.h>

#include "text.h"

static void add(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

static struct json_object *new_string(const char *text)
{
	_cleanup_free_ char *copy = text && *text ? strdup(text) : NULL;

	return copy ? json_object_new_string(text_utf8(copy)) : NULL;
}

void json_text(struct json_object *o, const char *key, const char *text)
{
	add(o, key, new_string(text));
}

void json_u64(struct json_object *o, const char *key, uint64_t value)
{
	add(o, key, json_object_new_uint64(value));
}

void json_u64_if(struct json_object *o, const char *key, bool known, uint64_t value)
{
	add(o, key, known ? json_object_new_uint64(value) : NULL);
}

void json_i64(struct json_object *o, const char *key, int64_t value)
{
	add(o, key, json_object_new_int64(value));
}

void json_i64_if(struct json_object *o, const char *key, bool known, int64_t value)
{
	add(o, key, known ? json_object_new_int64(value) : NULL);
}

void json_flag(struct json_object *o, const char *key, bool value)
{
	add(o, key, json_object_new_boolean(value));
}

void json_ratio_if(struct json_object *o, const char *key, bool known, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.2f", value);
	add(o, key, known ? json_object_new_double_s(value, text) : NULL);
}

void json_usage(struct json_object *o, const struct swapadm_usage *u)
{
	json_u64_if(o, "size", u->known & SWAPADM_USAGE_SIZE, u->size_bytes);
	json_u64_if(o, "used", u->known & SWAPADM_USAGE_USED, u->used_bytes);
	json_u64_if(o, "stored", u->known & SWAPADM_USAGE_STORED, u->stored_bytes);
	json_u64_if(o, "ram", u->known & SWAPADM_USAGE_RAM, u->ram_bytes);
	json_u64_if(o, "disk", u->known & SWAPADM_USAGE_DISK, u->disk_bytes);
}

void json_devices(struct json_object *o, const struct swapadm_device *const *devices,
		  size_t n)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		json_object_array_add(array, new_string(devices[i]->name));
	add(o, "devices", array);
}

void json_dests(struct json_object *o, const struct swapadm_op_tier *dests, size_t n)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		struct json_object *dest = json_object_new_object();

		json_text(dest, "name", dests[i].name);
		json_u64(dest, "free", dests[i].bytes);
		json_object_array_add(array, dest);
	}
	add(o, "destinations", array);
}

int json_print(struct json_object *o, bool pretty)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE |
		    (pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED
			    : JSON_C_TO_STRING_PLAIN);
	const char *text = json_object_to_json_string_ext(o, flags);

	if (text)
		puts(text);
	fflush(stdout);
	json_object_put(o);
	if (text)
		return CLI_DONE;
	cli_say("out of memory");
	return CLI_FAILED;
}
