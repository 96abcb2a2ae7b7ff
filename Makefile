# Casework: from nothing to a running stack. `make help` lists the targets.
#
# Needs Python 3.11 or newer and a package registry that pip can reach. Everything goes into .venv
# and .casework (or CASEWORK_HOME); nothing is installed elsewhere, but by `env`, `browser` and `tools` on Debian as root.

.NOTPARALLEL:
.DEFAULT_GOAL := help

# What is imported is compiled once, not by each of the many processes that the tests start.
export PYTHONDONTWRITEBYTECODE :=

BIN := .venv/bin
STAMP := .venv/.casework-env

# The first interpreter here that is new enough makes the environment; `make env PYTHON=…` chooses.
PYTHON ?=
CANDIDATES := $(if $(PYTHON),$(PYTHON),python3.13 python3.12 python3.11 python3)
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# What the environment was made from. Its scripts name the folder, so a moved checkout needs a new one.
FINGERPRINT = { pwd; cat requirements.lock pyproject.toml casework/__init__.py; } | cksum

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

# The lock is whole, so pip need not ask what each package needs: of an extra that another one asks
# for (pydantic[email]) it would want a line of its own. `pip check` says whether something lacks.
.PHONY: env
env: ## make the environment in .venv from the hashed lock, by uv or else by pip (nothing to do when it is current)
	@if [ -f $(STAMP) ] && [ "$$(cat $(STAMP))" = "$$($(FINGERPRINT))" ] \
	    && $(BIN)/python -c '' 2>/dev/null; then exit 0; fi; \
	set -e; \
	python=; found=; \
	for candidate in $(CANDIDATES); do \
	    version=$$("$$candidate" --version 2>/dev/null) || continue; \
	    if "$$candidate" -c '$(NEW_ENOUGH)'; then python=$$candidate; break; fi; \
	    found="$$found $$version"; \
	done; \
	if [ -z "$$python" ]; then \
	    echo "Casework needs Python 3.11 or newer, found:$${found:- none} (make env PYTHON=... chooses)" >&2; \
	    exit 2; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	    package=$$("$$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	    if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	        echo "== install $$package"; \
	        apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$$package"; \
	    else \
	        echo "$$python cannot make environments: apt-get install $$package (as root)" >&2; \
	        exit 2; \
	    fi; \
	fi; \
	rm -f $(STAMP); \
	if ! { grep -qsF "$$(pwd)/.venv" $(BIN)/activate && $(BIN)/python -c '$(NEW_ENOUGH)' 2>/dev/null; }; then \
	    "$$python" -m venv --clear .venv; \
	fi; \
	began=$$(date +%s); \
	printf '== environment: %s, %s packages' "$$($(BIN)/python --version)" "$$(grep -c '^[^ #].*==' requirements.lock)"; \
	if command -v uv >/dev/null \
	    && uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock \
	    && uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .; then \
	    by=uv; \
	else \
	    by=pip; \
	    $(PIP) --require-hashes --no-deps -r requirements.lock; \
	    $(PIP) --no-deps --no-build-isolation -e .; \
	    $(BIN)/python -m pip --disable-pip-version-check check > /dev/null; \
	fi; \
	$(FINGERPRINT) > $(STAMP); \
	echo " by $$by into .venv in $$(($$(date +%s) - began)) s"

.PHONY: up
up: env ## run the whole stack here until Ctrl-C, with sample applications and Web UI
	@$(BIN)/casework up

# $(call stage,name,command): says what it took; the first that fails ends the test.
define stage
	@printf '\n== %s\n' '$(1)'
	@began=$$(date +%s); $(2) && echo "== $(1): $$(($$(date +%s) - began)) s"
endef

# $(call together,one,other): both at once, and shows what the first said after what the other says.
define together
{ log=$$(mktemp); $(1) > $$log 2>&1 & one=$$!; $(2); other=$$?; \
    wait $$one; one=$$?; cat $$log; rm $$log; [ "$$one$$other" = 00 ]; }
endef

# $(call in_memory,command): runs it with a folder for temporary files that is thrown away. That lies
# in memory if there is plenty: the servers of the tests write much, and keep none of it.
define in_memory
{ at=$${TMPDIR:-/tmp}; \
    free=$$( (df -kP /dev/shm | awk 'NR == 2 {print $$4}'; awk '/^MemAvailable/ {print $$2}' /proc/meminfo) \
        2>/dev/null | sort -n | awk 'NR == 1 {least = $$1} END {print NR == 2 ? least : 0}'); \
    if [ "$$free" -gt 8000000 ] && [ -w /dev/shm ]; then at=/dev/shm; fi; \
    at=$$(mktemp -d "$$at/casework-tests.XXXXXX") && chmod 1777 "$$at" \
        && trap 'rm -rf "$$at"' EXIT && trap 'exit 130' INT TERM && TMPDIR=$$at $(1); }
endef

# Where it cannot be installed, the tests in a browser skip and say so.
.PHONY: browser
browser:
	@if command -v chromium >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	        apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null \
	        || echo "chromium could not be installed: the tests in a browser skip"; \
	else \
	    echo "not here: chromium (apt-get install chromium, as root): the tests in a browser skip"; \
	fi

# Where it cannot be installed, the tests with a real mailbox skip and say so.
.PHONY: mailbox
mailbox:
	@if [ -x /usr/sbin/dovecot ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	        apt-get install -y -qq --no-install-recommends dovecot-imapd >/dev/null \
	        || echo "dovecot could not be installed: the tests with a mailbox skip"; \
	else \
	    echo "not here: dovecot (apt-get install dovecot-imapd, as root): its tests skip"; \
	fi

.PHONY: test
test: env browser mailbox ## everything that must hold: format, lint, types, contracts, catalogue, dependencies, tests
	$(call stage,format,$(BIN)/ruff format --check .)
	$(call stage,lint,$(BIN)/ruff check .)
	$(call stage,types and beside them all that is short,\
	    $(call together,$(BIN)/mypy,$(MAKE) --no-print-directory short))
	$(call stage,tests with rehearsals and replay,\
	    $(call in_memory,$(BIN)/python -m pytest -n 3 --dist loadgroup))

# Each takes one core, as the types do. The tests are compiled here, not by each of their processes.
.PHONY: short
short:
	$(call stage,import contracts,$(BIN)/lint-imports)
	$(call stage,catalogue,$(BIN)/casework catalogue check)
	$(call stage,yaml,$(BIN)/yamllint --strict .)
	$(call stage,dependencies,$(BIN)/deptry .)
	$(call stage,advisories,$(BIN)/python -m tests.advisories requirements.lock)
	$(call stage,migrations,$(BIN)/casework migrate --check)
	$(call stage,tests compile,$(BIN)/python -m pytest --collect-only -qq -n 0 > /dev/null)

.PHONY: nightly
nightly: env tools ## all at full size: properties (clocks a million), the API fuzzed, all scenarios on Temporal, thirty kills, thirty broken rules
	@$(BIN)/python -m pytest $$(grep -rl '^from tests.examples' tests) tests/deploy \
	    -n 3 --dist loadgroup --hypothesis-profile=nightly --timeout=0
	@$(BIN)/python -m tests.mutants

.PHONY: image
image: env ## build dist/casework.oci.tar, an image for any container engine (Debian as root: mmdebstrap, buildah)
	@deploy/image.sh dist/casework.oci.tar

.PHONY: chaos
chaos: env tools ## let 500 faults strike 200 cases for half an hour and show what was lost; OPTIONS="--seed 7 --minutes 2 …"
	@$(BIN)/python -m tests.chaos $(OPTIONS)

.PHONY: tools
tools: ## on Debian as root, install what only the night needs: promtool, nginx, a JDK, Node, buildah, mmdebstrap, libfaketime
	@if command -v promtool >/dev/null && [ -x /usr/sbin/nginx ] && command -v javac >/dev/null \
	    && command -v npm >/dev/null && [ -e /usr/share/java/httpmime.jar ] \
    && command -v buildah >/dev/null && command -v mmdebstrap >/dev/null \
    && [ -e /usr/lib/*/faketime/libfaketimeMT.so.1 ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	        apt-get install -y -qq --no-install-recommends prometheus nginx-light \
	        default-jdk-headless libhttpmime-java; \
	    command -v npm >/dev/null || DEBIAN_FRONTEND=noninteractive \
	        apt-get install -y -qq --no-install-recommends npm; \
	else \
	    echo "some of it is not here: apt-get install prometheus nginx-light default-jdk-headless" \
	        "libhttpmime-java npm, as root; what needs it skips"; \
	fi

.PHONY: rehearse
rehearse: env ## run the scenarios of tests/scenarios and print their timelines
	@$(BIN)/casework rehearse tests/scenarios/*.yaml

.PHONY: bench
bench: env ## measure and write bench/latest.json; QUICK=1: the CPU of a case and a cold wave, in under three minutes
	@$(BIN)/python -m bench $(if $(QUICK),quick)

.PHONY: lint
lint: env ## format check, lint and types only
	$(call stage,format,$(BIN)/ruff format --check .)
	$(call stage,lint,$(BIN)/ruff check .)
	$(call stage,types,$(BIN)/mypy)

.PHONY: fmt
fmt: env ## format, and mend what lint can mend
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

.PHONY: clean
clean: ## remove the environment and the caches; the data of the stack stays
	@rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .hypothesis
