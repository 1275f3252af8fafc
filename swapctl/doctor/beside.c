/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of other programs that set up swap, or that act on how full it is. */
#include <ctype.h>

#include "doctor/probe.h"

/* a service that is enabled, or that runs now */
static bool has_service(const struct machine *m, const char *name)
{
	static const char *const places[] = {
		"/etc/systemd/system/multi-user.target.wants",
		"/etc/systemd/system/sysinit.target.wants",
		"/etc/systemd/system/swap.target.wants",
		"/etc/systemd/system/local-fs.target.wants",
		"/etc/systemd/system/basic.target.wants",
		"/sys/fs/cgroup/system.slice",
		"/sys/fs/cgroup/systemd/system.slice",
	};
	char path[256];

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(path, sizeof(path), "%s/%s.service", places[i], name);
		if (swapadm_file_exists(m->ctx, path))
			return true;
	}
	return false;
}

/* ---- programs that make swap */

/*
 * does it make a zram for swap? with its drop-ins, and unless it is turned off; @others:
 * one for a file system too
 */
static bool has_generator(const struct machine *m, bool *others)
{
	struct swapadm_import *import;
	const char *text;
	bool has;

	if (swapadm_import_new(m->ctx, "zram-generator", &import))
		return false;
	text = swapadm_import_text(import);
	has = strstr(text, "\ndevice = ") != NULL;
	*others = strstr(text, "is not swap but a file system") != NULL;
	swapadm_import_unref(import);
	return has;
}

struct manager {
	const char *name, *remedy;
	bool makes_zram;
};

static const struct manager managers[] = {
	{ "zram-generator",
	  "mkdir -p /etc/systemd/system-generators; ln -s /dev/null /etc/systemd/system-generators/zram-generator; systemctl daemon-reload",
	  true },
	{ "zram-tools", "systemctl disable --now zramswap", true },
	{ "systemd-swap", "systemctl disable --now systemd-swap", true },
	{ "dphys-swapfile", "systemctl disable --now dphys-swapfile", false },
	{ "swapspace", "systemctl disable --now swapspace", false },
};

static bool is_managed_by(const struct machine *m, const struct manager *who)
{
	bool others;

	if (who == &managers[0])
		return has_generator(m, &others);
	return has_service(m, who == &managers[1] ? "zramswap" : who->name);
}

/* what else it makes must stay */
static const char *remedy_of(const struct machine *m, const struct manager *who)
{
	bool others = false;

	if (who == &managers[0] && has_generator(m, &others) && others)
		return "take the sections that make swap out of zram-generator.conf, those of file systems stay; systemctl daemon-reload";
	return who->remedy;
}

void check_other_manager(struct probe *p)
{
	if (!p->m->conf || !swapadm_conf_n_tiers(p->m->conf))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(managers); i++)
		if (is_managed_by(p->m, &managers[i]))
			probe_remedy(probe_report(p, managers[i].name,
						  "%s sets up swap too",
						  managers[i].name),
				     "%s", remedy_of(p->m, &managers[i]));
}

void check_zram_twice(struct probe *p)
{
	const struct manager *first = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(managers); i++) {
		if (!managers[i].makes_zram || !is_managed_by(p->m, &managers[i]))
			continue;
		if (first) {
			probe_remedy(probe_report(p, managers[i].name,
						  "%s and %s both set up zram",
						  first->name, managers[i].name),
				     "%s", remedy_of(p->m, &managers[i]));
			return;
		}
		first = &managers[i];
	}
}

/* ---- programs that kill */

static bool has_swap(const struct machine *m)
{
	return swapadm_model_total(m->model)->size_bytes > 0;
}

/* the value of KEY=VALUE lines, where a # begins a comment; to be freed, NULL: not set */
static char *setting(const struct machine *m, const char *file, const char *key)
{
	_cleanup_free_ char *text = NULL;
	char *line, *state = NULL, *value = NULL;
	size_t n = strlen(key);

	if (swapadm_file_read(m->ctx, file, &text))
		return NULL;
	for (line = strtok_r(text, "\n", &state); line;
	     line = strtok_r(NULL, "\n", &state)) {
		line += strspn(line, " \t");
		if (strncmp(line, key, n) != 0 || line[n] != '=')
			continue;
		free(value);
		value = strdup(line + n + 1);
	}
	return value;
}

void check_oomd_no_swap(struct probe *p)
{
	if (!has_service(p->m, "systemd-oomd") || has_swap(p->m))
		return;
	probe_remedy(
		probe_report(p, "systemd-oomd",
			     "systemd-oomd runs, and there is no swap"),
		"swapctl add fast zram,size=50%%ram; or systemctl disable --now systemd-oomd");
}

void check_oomd_limit(struct probe *p)
{
	_cleanup_free_ char *limit =
		setting(p->m, "/etc/systemd/oomd.conf", "SwapUsedLimit");
	double pct = limit ? atof(limit) : 0;

	if (!limit || !has_service(p->m, "systemd-oomd") || !has_swap(p->m) || pct <= 0 ||
	    pct >= 70)
		return;
	probe_remedy(
		probe_report(p, "systemd-oomd",
			     "systemd-oomd kills when %g%% of swap is used", pct),
		"SwapUsedLimit=90%% in /etc/systemd/oomd.conf; systemctl restart systemd-oomd");
}

/* -s PERCENT[,KILL_PERCENT] of earlyoom(1), 10 when it is not given */
static int earlyoom_swap_pct(const char *args)
{
	for (const char *s = args; (s = strstr(s, "-s")); s += 2)
		if ((s == args || strchr(" \"'", s[-1])) &&
		    (isdigit((unsigned char)s[2]) || s[2] == ' '))
			return atoi(s + 2);
	return 10;
}

void check_earlyoom(struct probe *p)
{
	_cleanup_free_ char *args =
		setting(p->m, "/etc/default/earlyoom", "EARLYOOM_ARGS");
	int pct = args ? earlyoom_swap_pct(args) : 10;

	if (!has_service(p->m, "earlyoom") || !has_swap(p->m) || pct <= 30)
		return;
	probe_remedy(
		probe_report(p, "earlyoom",
			     "earlyoom kills although up to %d%% of swap is free", pct),
		"-s 10 in EARLYOOM_ARGS of /etc/default/earlyoom; systemctl restart earlyoom");
}

/* ---- Kubernetes */

#define KUBELET_CONFIG "/var/lib/kubelet/config.yaml"

/* is that at @at a key of YAML, in block or flow style? @after: what follows its colon */
static bool is_yaml_key(const char *text, const char *at, size_t n, const char **after)
{
	const char *end = at + n, *line = at;

	if (at > text && !strchr("\n \t{,\"'", at[-1]))
		return false;
	while (line > text && line[-1] != '\n')
		line--;
	if (memchr(line, '#', (size_t)(at - line)))
		return false;
	end += *end == '"' || *end == '\'';
	*after = end + 1;
	return *end == ':';
}

/* the word after "KEY:", to be freed; NULL: not there */
static char *yaml_word(const char *text, const char *key)
{
	size_t n = strlen(key);
	const char *word;

	for (const char *at = text; (at = strstr(at, key)); at += n) {
		if (!is_yaml_key(text, at, n, &word))
			continue;
		word += strspn(word, " \"'");
		return strndup(word, strcspn(word, " \"'\r\n#,}"));
	}
	return NULL;
}

static bool is_word(const char *a, const char *b)
{
	return a && streq(a, b);
}

bool probe_kubelet_forbids_swap(const struct machine *m)
{
	_cleanup_free_ char *text = NULL, *fail = NULL;

	if (swapadm_file_read(m->ctx, KUBELET_CONFIG, &text))
		return false;
	fail = yaml_word(text, "failSwapOn");
	return !is_word(fail, "false");
}

void check_kubelet_refuses(struct probe *p)
{
	if (!has_swap(p->m) || !probe_kubelet_forbids_swap(p->m))
		return;
	probe_remedy(
		probe_report(p, "kubelet",
			     "the kubelet refuses to start while swap is active"),
		"failSwapOn: false in " KUBELET_CONFIG
		", with memorySwap: {swapBehavior: LimitedSwap} for pods that may swap; systemctl restart kubelet");
}

void check_kubelet_behavior(struct probe *p)
{
	_cleanup_free_ char *text = NULL, *behavior = NULL;
	bool limited;

	if (probe_kubelet_forbids_swap(p->m) ||
	    swapadm_file_read(p->m->ctx, KUBELET_CONFIG, &text))
		return;
	behavior = yaml_word(text, "swapBehavior");
	limited = is_word(behavior, "LimitedSwap");
	if (limited && !has_swap(p->m))
		probe_remedy(
			probe_report(p, "kubelet",
				     "pods may swap (LimitedSwap), and there is no swap"),
			"swapctl add ssd DEVICE");
	else if (limited &&
		 !swapadm_file_exists(p->m->ctx, "/sys/fs/cgroup/cgroup.controllers"))
		probe_remedy(
			probe_report(
				p, "kubelet",
				"LimitedSwap needs cgroup v2, this machine has version 1"),
			"boot with systemd.unified_cgroup_hierarchy=1");
	else if (!limited && has_swap(p->m))
		probe_remedy(probe_report(p, "kubelet",
					  "there is swap, and no pod may use it (%s)",
					  behavior ? behavior : "NoSwap"),
			     "memorySwap: {swapBehavior: LimitedSwap} in " KUBELET_CONFIG
			     "; systemctl restart kubelet");
}
