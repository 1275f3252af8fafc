/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/request.h"

#include "base/keyval.h"

#define HEAD "swapadm-request " SWAPADM_VERSION "\n"

static int add(struct request *req, char *key, char *value)
{
	if (!key || !value || !array_grow(&req->items, req->n)) {
		free(key);
		free(value);
		return -ENOMEM;
	}
	req->items[req->n++] = (struct request_item){ key, value };
	return 0;
}

int request_add(struct request *req, const char *key, const char *value)
{
	return value ? add(req, strdup(key), strdup(value)) : 0;
}

int request_add_u64(struct request *req, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return value ? request_add(req, key, text) : 0;
}

const char *request_next(const struct request *req, const char *key, size_t *at)
{
	while (*at < req->n) {
		const struct request_item *item = &req->items[(*at)++];

		if (streq(item->key, key))
			return item->value;
	}
	return NULL;
}

const char *request_get(const struct request *req, const char *key)
{
	size_t at = 0;

	return request_next(req, key, &at);
}

int request_get_u64(const struct request *req, const char *key, uint64_t max,
		    uint64_t *out)
{
	const char *text = request_get(req, key);

	*out = 0;
	return text && (parse_u64(text, out) || *out > max) ? -EBADMSG : 0;
}

char *request_format(const struct request *req)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fputs(HEAD, f);
	for (size_t i = 0; i < req->n; i++)
		keyval_put(f, req->items[i].key, req->items[i].value);
	fputs(REQUEST_END, f);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}

bool request_is_ours(const char *text)
{
	return str_after(text, HEAD) != NULL;
}

static int parse_line(struct request *req, char *line)
{
	char *value = keyval_split(line), *copy;
	size_t size;

	if (!value)
		return -EBADMSG;
	size = strlen(value) + 1;
	copy = malloc(size);
	if (copy && !keyval_decode(value, copy, size)) {
		free(copy);
		return -EBADMSG;
	}
	return add(req, strdup(line), copy);
}

int request_parse(const char *text, struct request *out)
{
	const char *body = str_after(text, HEAD);
	_cleanup_free_ char *copy = body ? strdup(body) : NULL;
	struct request req = { 0 };
	char *save = NULL, *line;
	int r = 0;

	if (!body)
		return -EBADMSG;
	if (!copy)
		return -ENOMEM;
	line = strtok_r(copy, "\n", &save);
	for (; !r && line && !streq(line, "end"); line = strtok_r(NULL, "\n", &save))
		r = parse_line(&req, line);
	if (!r && (!line || strtok_r(NULL, "\n", &save)))
		r = -EBADMSG; /* cut off, or something behind its end */
	if (r)
		request_free(&req);
	else
		*out = req;
	return r;
}

void request_free(struct request *req)
{
	for (size_t i = 0; i < req->n; i++) {
		free(req->items[i].key);
		free(req->items[i].value);
	}
	free(req->items);
	*req = (struct request){ 0 };
}
