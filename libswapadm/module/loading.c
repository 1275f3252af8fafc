/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/loading.h"

#include <fcntl.h>

#include "base/program.h"
#include "module/client.h"

/* ---- what there is --------------------------------------------------------------- */

static bool exists(struct swapadm_ctx *ctx, const char *path)
{
	_cleanup_close_ int fd = ctx_open(ctx, path, O_PATH);

	return fd >= 0;
}

/* the source that dkms builds: /usr/src/tswap-VERSION */
static void find_source(struct swapadm_ctx *ctx, struct tswap_kernel *out)
{
	DIR *dir = ctx_opendir(ctx, "/usr/src");
	struct dirent *entry;
	char path[320];

	while (dir && (entry = readdir(dir))) {
		const char *version = str_after(entry->d_name, "tswap-");

		if (!version || strlen(version) >= sizeof(out->version))
			continue;
		snprintf(path, sizeof(path), "/usr/src/%s/dkms.conf", entry->d_name);
		if (exists(ctx, path) && strverscmp(version, out->version) > 0)
			snprintf(out->version, sizeof(out->version), "%.31s", version);
	}
	if (dir)
		closedir(dir);
}

/* where dkms and `make modules_install` put a module of no kernel tree */
static bool is_installed(struct swapadm_ctx *ctx, const char *release)
{
	static const char *const folders[] = { "updates/dkms", "updates", "extra" };
	static const char *const ends[] = { "", ".xz", ".zst", ".gz" };
	char path[320];

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		for (size_t j = 0; j < ARRAY_SIZE(ends); j++) {
			snprintf(path, sizeof(path), "/lib/modules/%.127s/%s/tswap.ko%s",
				 release, folders[i], ends[j]);
			if (exists(ctx, path))
				return true;
		}
	return false;
}

static void find_other(struct swapadm_ctx *ctx, struct tswap_kernel *out)
{
	DIR *dir = ctx_opendir(ctx, "/lib/modules");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (*entry->d_name != '.' && !streq(entry->d_name, out->release) &&
		    strlen(entry->d_name) < sizeof(out->other) &&
		    is_installed(ctx, entry->d_name))
			snprintf(out->other, sizeof(out->other), "%.127s", entry->d_name);
	if (dir)
		closedir(dir);
}

/* the key that dkms signs with, where it can be enrolled with mokutil */
static void find_key(struct swapadm_ctx *ctx, struct tswap_kernel *out)
{
	static const char *const keys[] = { "/var/lib/dkms/mok.pub",
					    "/var/lib/shim-signed/mok/MOK.der" };

	for (size_t i = 0; i < ARRAY_SIZE(keys) && !*out->mok; i++)
		if (exists(ctx, keys[i]))
			snprintf(out->mok, sizeof(out->mok), "%s", keys[i]);
}

void tswap_look_at_kernel(struct swapadm_ctx *ctx, struct tswap_kernel *out)
{
	char path[320], line[128];
	uint64_t disabled;

	*out = (struct tswap_kernel){ 0 };
	if (ctx_read_line(ctx, "/proc/sys/kernel/osrelease", out->release,
			  sizeof(out->release)))
		snprintf(out->release, sizeof(out->release), "unknown");
	snprintf(path, sizeof(path), "/lib/modules/%s/build/include", out->release);
	out->headers = exists(ctx, path);
	out->disabled =
		ctx_read_u64(ctx, "/proc/sys/kernel/modules_disabled", &disabled) == 0 &&
		disabled;
	/* "none [integrity] confidentiality" */
	out->lockdown = ctx_read_line(ctx, "/sys/kernel/security/lockdown", line,
				      sizeof(line)) == 0 &&
			!strstr(line, "[none]");
	find_source(ctx, out);
	find_other(ctx, out);
	find_key(ctx, out);
}

/* ---- why it can't be loaded ------------------------------------------------------ */

static void say_not_there(const struct tswap_kernel *k, char *buf, size_t size)
{
	const char *r = k->release;

	if (!*k->version && *k->other)
		snprintf(
			buf, size,
			"it is installed for the kernel %s and not for this one, %s; install it with dkms (apt-get install tswap-dkms linux-headers-%s), or boot that kernel",
			k->other, r, r);
	else if (!*k->version)
		snprintf(
			buf, size,
			"it is not installed; apt-get install tswap-dkms linux-headers-%s, or build it with dkms from the tswap folder of the source",
			r);
	else if (!k->headers)
		snprintf(
			buf, size,
			"it is not built for this kernel, %s, as the headers of that are not installed; apt-get install linux-headers-%s, then: dkms install tswap/%s -k %s",
			r, r, k->version, r);
	else
		snprintf(
			buf, size,
			"it is not built for this kernel, %s; dkms install tswap/%s -k %s, and where that fails see /var/lib/dkms/tswap/%s/build/make.log",
			r, k->version, r, k->version);
}

/* a signature that the kernel does not take: Secure Boot, or module.sig_enforce=1 */
static void say_rejected(const struct tswap_kernel *k, char *buf, size_t size)
{
	if (*k->mok)
		snprintf(
			buf, size,
			"the kernel refuses its signature (Secure Boot: key was rejected); enrol the key that dkms signs with: mokutil --import %s, then reboot and confirm it; or switch Secure Boot off",
			k->mok);
	else
		snprintf(
			buf, size,
			"the kernel refuses it as it has no signature with a known key (Secure Boot: key was rejected); let dkms sign it and enrol its key with mokutil --import; or switch Secure Boot off");
}

static void say_other_kernel(const struct tswap_kernel *k, const char *what, char *buf,
			     size_t size)
{
	char source[48] = "tswap";

	if (*k->version)
		snprintf(source, sizeof(source), "tswap/%s", k->version);
	snprintf(
		buf, size,
		"it was built for another kernel than this one, %s (%s); build it again: dkms install --force %s -k %s",
		k->release, what, source, k->release);
}

static void say_not_permitted(const struct tswap_kernel *k, char *buf, size_t size)
{
	snprintf(
		buf, size,
		k->lockdown
			? "the kernel is locked down and takes signed modules only; sign it with a key that is enrolled (mokutil), or switch Secure Boot off"
			: "the kernel does not permit it; run as root, on the host and not in a container");
}

void tswap_explain(const struct tswap_kernel *kernel, int result, const char *words,
		   char *buf, size_t size)
{
	const char *cause = strrchr(words, ':');

	cause = cause ? cause + 1 + strspn(cause + 1, " ") : words;
	if (kernel->disabled)
		snprintf(
			buf, size,
			"this kernel loads no modules until the next boot (kernel.modules_disabled is 1); have it loaded earlier: a line tswap in /etc/modules-load.d/tswap.conf");
	else if (result == -ENOENT)
		snprintf(buf, size, "modprobe is not installed; apt-get install kmod");
	else if (strstr(words, "not found in directory"))
		say_not_there(kernel, buf, size);
	else if (strstr(cause, "Key was rejected") ||
		 strstr(cause, "Required key not available"))
		say_rejected(kernel, buf, size);
	else if (strstr(cause, "Exec format error") || strstr(cause, "Unknown symbol"))
		say_other_kernel(kernel, cause, buf, size);
	else if (strstr(cause, "Operation not permitted"))
		say_not_permitted(kernel, buf, size);
	else
		snprintf(buf, size,
			 "modprobe says: %s; look at `dmesg` and at /etc/modprobe.d",
			 *cause ? cause : "nothing");
}

static int cannot(struct swapadm_ctx *ctx, int result, const char *words)
{
	struct tswap_kernel kernel;
	char why[700];

	tswap_look_at_kernel(ctx, &kernel);
	tswap_explain(&kernel, result, words, why, sizeof(why));
	return ctx_fail(ctx, -EPROTONOSUPPORT,
			"tswap: load the redirect layer's kernel module: %s", why);
}

/* ---- trying ---------------------------------------------------------------------- */

int tswap_find_module(struct swapadm_ctx *ctx)
{
	char *const argv[] = { "modprobe", "-n", "tswap", NULL };
	char words[256];
	int r;

	if (tswap_loaded(ctx))
		return 0;
	r = program_run(argv, words, sizeof(words));
	return r ? cannot(ctx, r, words) : 0;
}

int tswap_load_module(struct swapadm_ctx *ctx)
{
	char *const argv[] = { "modprobe", "tswap", NULL };
	char words[256];
	int r;

	if (tswap_loaded(ctx))
		return 0;
	r = ctx_may_change(ctx, "tswap");
	if (r)
		return r;
	if (geteuid() != 0)
		return ctx_fail(ctx, -EPERM, "tswap: load the module: needs root");
	r = program_run(argv, words, sizeof(words));
	if (r)
		log_debug(ctx, "modprobe tswap: %s", *words ? words : strerror(-r));
	return tswap_loaded(ctx) ? 0 : cannot(ctx, r, words);
}

SWAPADM_API int swapadm_module_get_sized(struct swapadm_ctx *ctx,
					 struct swapadm_module *out, size_t size)
{
	struct tswap_kernel kernel = { 0 };
	struct swapadm_module module = { 0 };
	CTX_CALL(ctx);

	if (!ctx || !out)
		return -EINVAL;
	if (ctx_read_line(ctx, "/sys/module/tswap/version", module.loaded,
			  sizeof(module.loaded)))
		*module.loaded = '\0';
	find_source(ctx, &kernel);
	memcpy(module.installed, kernel.version, sizeof(module.installed));
	return sized_put(out, size, &module, sizeof(module));
}
