# make lab        open JupyterLab on the first notebook
# make test       run every check
# make notebooks  run the notebooks and store their outputs (NB=notebooks/05*.ipynb for some)
# make bench-slider | bench-engine | bench-start
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

# The kernel named python3 must be .venv's, also where another one is installed for the user.
export JUPYTER_PREFER_ENV_PATH := 1
unexport PYTHONPATH PYTHONHOME

# One BLAS thread: how a product is split over threads changes its last digits, and stored
# outputs must not depend on how many cores made them. At the size of these networks a second
# thread never helps, and on a busy machine it costs several times the work.
lab test notebooks: export OPENBLAS_NUM_THREADS := 1

.PHONY: lab test notebooks bench-slider bench-engine bench-start

lab:
	$(SETUP) lab
	@$(RUN) tools/lab.py $(ARGS)

test:
	$(SETUP) test
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	@$(RUN) -c "import matplotlib.font_manager"  # builds the font cache, which warns the first time
	$(RUN) -m pytest tests
	$(RUN) -m pytest --nbval --nbval-current-env --nbval-cell-timeout=120 notebooks

notebooks:
	$(SETUP) test
	@$(RUN) tools/refresh.py $(NB)

bench-slider bench-engine bench-start:
	$(SETUP) test
	@$(RUN) benchmarks/$(@:bench-%=%).py $(ARGS)
