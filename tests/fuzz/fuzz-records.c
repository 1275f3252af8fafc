/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a worker is asked for ('r'), and records of what is parked (else): what is read
 * prints to a text that is read the same way.
 */
#include <string.h>

#include "fuzz.h"
#include "job/request.h"
#include "state/parkrec.h"

static void ask_for(const struct request *req)
{
	uint64_t v;
	int r;

	for (size_t i = 0; i < req->n; i++) {
		MUST(request_get(req, req->items[i].key));
		r = request_get_u64(req, req->items[i].key, 1000, &v);
		MUST(r == -EBADMSG || (r == 0 && v <= 1000));
	}
	MUST(!request_get(req, "no such key"));
}

static char *request_again(const char *text)
{
	struct request req = { 0 };
	char *out = NULL;
	int r = request_parse(text, &req);

	MUST(r == 0 || r == -EBADMSG);
	if (r == 0) {
		ask_for(&req);
		out = request_format(&req);
		MUST(out);
	}
	request_free(&req);
	return out;
}

static char *park_again(const char *text)
{
	struct parkrec rec = { 0 };
	char *out = NULL;
	int r = parkrec_parse(text, &rec);

	MUST(r == 0 || r == -EBADMSG);
	if (r == 0) {
		out = parkrec_format(&rec);
		MUST(out);
	}
	parkrec_free(&rec);
	return out;
}

/* the head of a request names the version of the library: inputs leave it out */
static char *with_head(const char *text)
{
	const struct request none = { 0 };
	_cleanup_free_ char *head = request_format(&none);
	char *whole = NULL;

	MUST(head);
	*strchr(head, '\n') = '\0';
	MUST(asprintf(&whole, "%s\n%s", head, text) > 0);
	return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = NULL, *given = NULL, *first = NULL, *second = NULL;
	bool is_request;

	if (!size)
		return 0;
	is_request = *data == 'r';
	given = strndup((const char *)data + 1, size - 1);
	MUST(given);
	text = is_request ? with_head(given) : strdup(given);
	MUST(text);
	first = is_request ? request_again(text) : park_again(text);
	if (!first)
		return 0;
	second = is_request ? request_again(first) : park_again(first);
	MUST(second && streq(first, second));
	return 0;
}
