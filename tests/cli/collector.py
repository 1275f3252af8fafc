#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Do the real collectors read `swapctl metrics`, and does the dashboard find its series?

usage: collector.py ROOTS DASHBOARD RULES REDIRECT

Debian's node_exporter, prometheus and promtool run on free ports of the loopback and are ended
by their process ids. Asked of every machine of mkroot.sh, every folder of ROOTS, a machine with
strange names and this one:
  - promtool's linter has no complaint;
  - node_exporter's textfile collector reads what --write wrote, without an error and each series;
  - prometheus scrapes both formats, and has as many series as were printed;
  - the alert rules load and can be evaluated;
  - each expression of DASHBOARD gives data. REDIRECT is what a machine with the tswap module
    printed: captures have no module. Its counters are made to grow.
"""
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = ("prometheus-node-exporter", "prometheus", "promtool")
PATIENCE = 300  # seconds that only a hang reaches, also on a busy machine
OPTIONS = ["--cgroups", "5", "--processes", "5", "--zram-idle"]
TYPES = {"classic": "text/plain; version=0.0.4; charset=utf-8",
         "openmetrics": "application/openmetrics-text; version=1.0.0; charset=utf-8"}
bad = 0


def complain(text):
    global bad
    bad += 1
    print(text)


def free_port():
    """none of those that the kernel gives to whoever connects, us among them"""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def get(url):
    # no proxy: everything is on the loopback
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=60) as answer:
        return answer.read().decode()


def wait_for(what, check):
    """until check() is true; its exceptions mean "not yet" """
    end = time.monotonic() + PATIENCE
    last = None
    while time.monotonic() < end:
        try:
            value = check()
            if value:
                return value
        except (OSError, ValueError, KeyError) as e:
            last = e
        time.sleep(0.3)
    sys.exit("%s: not within %d s (%s)" % (what, PATIENCE, last))


def samples(text):
    return [line for line in text.splitlines() if line and not line.startswith("#")]


# ---- machines


def strange(folder):
    """names that are no UTF-8 or hold what labels escape; two devices of one name"""
    os.makedirs(os.path.join(folder, "proc"))
    os.makedirs(os.path.join(folder, "etc"))
    rows = [b"/mnt/\xe4latin1", b"/mnt/\\134xe4latin1", b'/mnt/"quoted"', b"/mnt/a\\012b\\134n"]
    with open(os.path.join(folder, "proc/swaps"), "wb") as f:
        f.write(b"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n")
        for row in rows:
            f.write(row + b"\tfile\t12288\t0\t-2\n")
    with open(os.path.join(folder, "etc/swapadm.conf"), "w") as f:
        f.write("[tier fast]\ndevice = zram,size=1G\ndevice = zram,size=1G\n")


def run_metrics(root, *options):
    where = ["--root", root] if root else []
    p = subprocess.run(["swapctl"] + where + ["metrics"] + list(options), capture_output=True,
                       timeout=PATIENCE)
    if p.returncode:
        complain("%s: metrics %s: status %d: %s" % (root, " ".join(options), p.returncode,
                                                   p.stderr.decode(errors="replace")))
    return p.stdout.decode()  # not UTF-8: an exception, and rightly so


def machines(work, roots):
    folder = os.path.join(work, "roots")
    os.mkdir(folder)
    subprocess.run([os.path.join(HERE, "mkroot.sh"), folder], check=True)
    strange(os.path.join(folder, "strange"))
    found = {name: os.path.join(folder, name) for name in sorted(os.listdir(folder))}
    found.update({"root-" + n: os.path.join(roots, n) for n in sorted(os.listdir(roots))})
    found["this-machine"] = None
    return found


# ---- programs


def start(command, log):
    with open(log, "wb") as f:
        return subprocess.Popen(command, stdout=f, stderr=subprocess.STDOUT,
                                stdin=subprocess.DEVNULL)


def lint(name, text):
    p = subprocess.run(["promtool", "check", "metrics"], input=text.encode(),
                       capture_output=True, timeout=PATIENCE)
    said = (p.stdout + p.stderr).decode().strip()
    if p.returncode or said:
        complain("%s: promtool check metrics: %s" % (name, said))


def check_node_exporter(folder, port, all_machines):
    """one file after the other: two machines' series would collide"""
    path = os.path.join(folder, "swapadm.prom")
    for name, root in all_machines.items():
        run_metrics(root, "--write", path, *OPTIONS)
        if oct(os.stat(path).st_mode & 0o7777) != "0o644":
            complain("%s: --write: mode %o" % (name, os.stat(path).st_mode))
        if os.listdir(folder) != ["swapadm.prom"]:
            complain("%s: --write left %s" % (name, os.listdir(folder)))
        with open(path, encoding="utf-8") as f:
            wanted = len(samples(f.read()))
        text = get("http://127.0.0.1:%d/metrics" % port)
        if "\nnode_textfile_scrape_error 0\n" not in text:
            complain("%s: node_exporter has errors" % name)
        # it adds the sums of histograms, which are 0 as they are not known
        got = [s for s in samples(text) if s.startswith("swapadm_") and
               not re.match(r"swapadm_device_latency_seconds_sum\b", s)]
        if len(got) != wanted:
            complain("%s: node_exporter has %d of %d series" % (name, len(got), wanted))


class Pages(BaseHTTPRequestHandler):
    texts = {}  # path: [content type, text, times asked]

    def do_GET(self):
        page = self.texts.get(self.path)
        if not page:
            return self.send_error(404)
        page[2] += 1
        text = page[1]
        if "redirect" in self.path:
            text = re.sub(r"(?m)^(\S+(?:_total|_bucket|_count)(?:\{.*\})?) (\d+)(\S*)$",
                          lambda m: "%s %d" % (m[1], int(m[2]) + 1000 * page[2]), text)
        self.send_response(200)
        self.send_header("Content-Type", page[0])
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


def prometheus_config(work, rules, exporter, server):
    jobs = [{"job_name": "node", "static_configs": [
        {"targets": ["127.0.0.1:%d" % exporter], "labels": {"instance": "node"}}]}]
    for path in Pages.texts:
        jobs.append({"job_name": path.strip("/").replace("/", "-"), "metrics_path": path,
                     "static_configs": [{"targets": ["127.0.0.1:%d" % server],
                                         "labels": {"instance": path}}]})
    config = {"global": {"scrape_interval": "2s", "scrape_timeout": "2s",
                         "evaluation_interval": "2s"},
              "rule_files": [os.path.abspath(rules)], "scrape_configs": jobs}
    path = os.path.join(work, "prometheus.json")  # JSON is YAML
    with open(path, "w") as f:
        json.dump(config, f)
    return path


def query(base, expr):
    answer = json.loads(get(base + "/api/v1/query?" + urllib.parse.urlencode({"query": expr})))
    if answer["status"] != "success":
        raise ValueError(answer)
    return answer["data"]["result"]


def check_scrapes(base):
    for path, page in Pages.texts.items():
        wanted = len(samples(page[1]))
        label = '{instance="%s"}' % path
        wait_for(path, lambda: query(base, "scrape_samples_scraped" + label))
        target = [t for t in json.loads(get(base + "/api/v1/targets"))["data"]["activeTargets"]
                  if t["labels"]["instance"] == path][0]
        if target["health"] != "up" and "deadline" not in target["lastError"]:
            complain("%s: %s" % (path, target["lastError"]))
            continue
        wait_for(path, lambda: query(base, "up%s == 1" % label))
        got = wait_for(path, lambda: query(base, 'count({__name__=~"swapadm_.+",instance="%s"})'
                                           % path))
        if int(got[0]["value"][1]) != wanted:
            complain("%s: prometheus has %s of %d series" % (path, got[0]["value"][1], wanted))


def check_rules(base):
    def evaluated():
        groups = json.loads(get(base + "/api/v1/rules"))["data"]["groups"]
        rules = [r for g in groups for r in g["rules"]]
        return rules if rules and all(r["health"] != "unknown" for r in rules) else None
    for rule in wait_for("rules", evaluated):
        if rule["health"] != "ok":
            complain("%s: %s" % (rule["name"], rule.get("lastError")))


def expressions(dashboard):
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for note in dashboard["annotations"]["list"]:
        yield note["name"], note["expr"]


def check_dashboard(base, path):
    with open(path) as f:
        dashboard = json.load(f)
    n = 0
    for title, expr in expressions(dashboard):
        n += 1
        real = expr.replace("$__rate_interval", "60s").replace("$instance", ".+")
        # what is compared away on a machine in order is looked at without the comparison
        if title in ("Failed devices", "Cordoned, draining", "OOM kills"):
            real = re.sub(r" (==|>) \d+$", "", real)
        try:
            wait_for_data(base, real)
        except LookupError:
            complain("dashboard: %s: no data: %s" % (title, real))
    variable = [v for v in dashboard["templating"]["list"] if v["name"] == "instance"][0]
    if not query(base, re.search(r"label_values\((\w+),", variable["definition"]).group(1)):
        complain("dashboard: no machine to choose")
    print("dashboard: %d expressions" % n)


def wait_for_data(base, expr):
    """rates need two scrapes, which a busy machine may take its time for"""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if any(r["value"][1] != "NaN" for r in query(base, expr)):
            return
        time.sleep(1)
    raise LookupError


def main():
    roots, dashboard, rules, redirect = sys.argv[1:5]
    missing = [p for p in PROGRAMS if not shutil.which(p)]
    if missing:
        print("not installed: %s; tests/install-packages metrics" % " ".join(missing))
        sys.exit(77)
    running = []
    with tempfile.TemporaryDirectory() as work:
        try:
            textfiles = os.path.join(work, "textfiles")
            os.mkdir(textfiles)
            all_machines = machines(work, roots)
            for name, root in all_machines.items():
                for kind, option in (("classic", []), ("openmetrics", ["--openmetrics"])):
                    text = run_metrics(root, *OPTIONS, *option)
                    Pages.texts["/%s/%s" % (kind, name)] = [TYPES[kind], text, 0]
                    if kind == "classic":
                        lint(name, text)
            with open(redirect, encoding="utf-8") as f:
                Pages.texts["/classic/redirect"] = [TYPES["classic"], f.read(), 0]
            lint("redirect", Pages.texts["/classic/redirect"][1])

            exporter = free_port()
            running.append(start(
                ["prometheus-node-exporter", "--collector.disable-defaults",
                 "--web.disable-exporter-metrics", "--collector.textfile",
                 "--collector.textfile.directory=" + textfiles,
                 "--web.listen-address=127.0.0.1:%d" % exporter], work + "/exporter.log"))
            wait_for("node_exporter", lambda: get("http://127.0.0.1:%d/metrics" % exporter))
            check_node_exporter(textfiles, exporter, all_machines)
            shutil.copy(redirect, textfiles + "/swapadm.prom")

            server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            port = free_port()
            config = prometheus_config(work, rules, exporter, server.server_port)
            running.append(start(
                ["prometheus", "--config.file=" + config, "--storage.tsdb.path=" + work + "/tsdb",
                 "--web.listen-address=127.0.0.1:%d" % port], work + "/prometheus.log"))
            base = "http://127.0.0.1:%d" % port
            wait_for("prometheus", lambda: get(base + "/-/ready"))
            check_scrapes(base)
            check_rules(base)
            check_dashboard(base, dashboard)
            print("%d machines, %d pages" % (len(all_machines), len(Pages.texts)))
        finally:
            for p in running:
                p.terminate()
            for p in running:
                p.wait()
    sys.exit(bad > 0)


main()
