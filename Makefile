# make lab        open JupyterLab on the first notebook
# make test       run every check
# make check      what takes under a minute: style, unit tests, the notebooks that changed
# make notebooks  run the notebooks and store their outputs (NB=notebooks/05*.ipynb for some)
# make film       draw the film of notebook 2 anew
# make site       build the course as static pages in site/ (NB=notebooks/05*.ipynb for some)
# make bench-slider | bench-engine | bench-start | bench-pages | bench-class | bench-loops
#
# Each sets up .venv when needed. Another Python: make lab PYTHON=python3.12
# More options for JupyterLab: make lab ARGS="--port 9000 --ip 0.0.0.0"

ifeq ($(OS),Windows_NT)
PYTHON ?= python
RUN := .venv/Scripts/python
else
PYTHON ?= python3
RUN := .venv/bin/python
endif

# A Python that was asked for by name replaces a .venv made with another version.
EXACT := $(if $(filter command environment,$(origin PYTHON)),--exact)
SETUP = @command -v $(PYTHON) >/dev/null || { echo "setup: no $(PYTHON) here. Install Python 3.11 or newer, or name one: make $@ PYTHON=python3.12" >&2; exit 1; }; $(PYTHON) tools/setup.py $(EXACT)

# Nothing that a user has set up for other work gets in, and nothing needs their home: a foreign
# kernel named python3, a start-up file, a matplotlibrc with usetex, a server extension, or a home
# that cannot be written would change what a notebook shows, or stop it. The price: JupyterLab's
# theme, text size and shortcuts are chosen once more in `make lab`. They are kept in .venv/state.
unexport $(filter JUPYTER% MPL% MATPLOTLIBRC PYTHON%,$(.VARIABLES))
STATE := $(CURDIR)/.venv/state
export JUPYTER_CONFIG_DIR := $(STATE)/config
export JUPYTER_DATA_DIR := $(STATE)/data
export JUPYTER_RUNTIME_DIR := $(STATE)/runtime
export IPYTHONDIR := $(STATE)/ipython
export MPLCONFIGDIR := $(STATE)/matplotlib
export JUPYTER_PREFER_ENV_PATH := 1
# A proxy leads to the network, never to this machine.
export no_proxy := $(or $(no_proxy),$(NO_PROXY),localhost),localhost,127.0.0.1,::1
export NO_PROXY := $(no_proxy)

# Matplotlib builds a font cache the first time, and says so on stderr, where it would be stored.
FONTS = @$(if $(wildcard .venv/state/matplotlib/fontlist*),,$(RUN) -c "import matplotlib.font_manager")

# Two processes at a time; the browser tests, which look at the clock, have the machine alone.
# nbval takes a second to load, in each process, and reads notebooks only.
UNIT = $(RUN) -m pytest tests --ignore=tests/browser -p no:nbval -n 2 --dist loadfile
NBVAL = $(RUN) -m pytest --nbval --nbval-current-env --nbval-cell-timeout=120 -n 2 --dist loadfile

# The notebooks that are not as in the last commit; on a branch, not as where it left main.
CHANGED = $(shell since=$$(git merge-base HEAD main 2>/dev/null || echo HEAD); \
  git diff --name-only --diff-filter=d $$since -- 'notebooks/*.ipynb'; \
  git ls-files --others --exclude-standard -- 'notebooks/*.ipynb')

# One BLAS thread: how a product is split over threads changes its last digits, and stored
# outputs must not depend on how many cores made them. At the size of these networks a second
# thread never helps, and on a busy machine it costs several times the work.
lab test check notebooks film site: export OPENBLAS_NUM_THREADS := 1

.PHONY: lab test check notebooks film site bench-slider bench-engine bench-start bench-pages bench-class bench-loops

lab:
	$(SETUP) lab
	$(FONTS)
	@$(RUN) tools/lab.py $(ARGS)

test:
	$(SETUP) test
	$(FONTS)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(UNIT)
	$(RUN) -m pytest tests/browser
	$(NBVAL) notebooks

check:
	$(SETUP) test
	$(FONTS)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(UNIT) -m "not pictures and not processes"
	$(if $(CHANGED),$(NBVAL) $(CHANGED))

notebooks:
	$(SETUP) test
	$(FONTS)
	@$(RUN) tools/refresh.py $(NB)

film:
	$(SETUP) test
	$(FONTS)
	@$(RUN) tools/film.py

site:
	$(SETUP) site
	$(FONTS)
	@$(RUN) tools/site/book.py $(NB)

bench-slider bench-engine bench-start bench-pages bench-class bench-loops:
	$(SETUP) test
	@$(RUN) benchmarks/$(@:bench-%=%).py $(ARGS)
