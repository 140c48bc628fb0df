# The commands that people and CI use. Packages go into .venv/ and .footnote/ alone; the encoder is
# exported once to the user's cache folder.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
TORCH ?= torch==2.13.0
PORT ?= 7860
BIN = .venv/bin
READY = .venv/.ready
TEST_READY = .venv/.test-ready
BENCH_READY = .footnote/bench-venv/.ready

# What was cut off half way is not taken for made the next time.
.DELETE_ON_ERROR:

.PHONY: chat test test-all screenshots torture bench bench-encoder bench-start bench-others bench-index
.PHONY: load check format eval train-cross-encoder gate baseline setup clean needs-data

# The sample articles, or with INDEX=folder your own; MODEL=string for answers from a model.
chat: $(READY)
	$(BIN)/qa chat --port $(PORT) $(if $(INDEX),--index "$(INDEX)",--seeds) \
		$(if $(MODEL),--model "$(MODEL)")

test: $(TEST_READY)
	$(BIN)/pytest -m "not slow"

test-all: $(TEST_READY)
	$(BIN)/pytest

# The pictures of the chat in the README, taken anew (needs Chromium).
screenshots: $(TEST_READY)
	$(BIN)/python -m tests.screenshots

# Kills a writer at each of its file system calls (needs strace): minutes.
torture: $(TEST_READY)
	$(BIN)/python -m tests.torture

# Figures of speed and size, one after another, on a machine that does nothing else: an hour. Those
# under load are `make load`.
# DATA=folder holds realtimeqa-2024/.
bench: needs-data bench-encoder bench-start bench-others bench-index

BENCH_SET = $(if $(DATA),--set realtimeqa --data "$(DATA)")

# Our encoder in fp32 and int8 beside sentence-transformers.
bench-encoder: $(TEST_READY)
	$(BIN)/python -m eval.bench.encoder $(BENCH_SET)

# Cold commands, the chat, and one question on 100,000 chunks by stage.
bench-start: $(TEST_READY)
	rm -rf .footnote/bench-start
	$(BIN)/python -m eval.bench.start $(BENCH_SET)

# Footnote beside llama-index, txtai, Haystack and chromadb, which get an environment of their own.
bench-others: needs-data $(TEST_READY) $(BENCH_READY)
	$(BIN)/python -m eval.bench.others --data "$(DATA)"

$(BENCH_READY): eval/bench/requirements.txt
	$(PYTHON) -m venv .footnote/bench-venv
	.footnote/bench-venv/bin/python -m pip install --disable-pip-version-check $(TORCH)
	.footnote/bench-venv/bin/python -m pip install --disable-pip-version-check -r $<
	touch $@

# What an index costs at 10,000, 100,000 and a million chunks, and what reading files does:
# ten minutes, 3 GB of disk. With DATA=folder over realtimeqa-2024 instead of the sample articles.
bench-index: $(TEST_READY)
	rm -rf .footnote/bench-index
	$(BIN)/python -m eval.bench.index $(BENCH_SET)
	$(BIN)/python -m eval.bench.ingest

# Twenty-five readers for five minutes and a soak of 5,000 questions, against a scripted model: half
# an hour. LOAD="--seconds 20 --questions 200" for less.
load: $(TEST_READY)
	$(BIN)/python -m tests.load $(LOAD)

needs-data:
	@test -n "$(DATA)" || { echo "name the folder that holds the sets of data: DATA=folder"; exit 1; }

# The network that reads sentences, in the place of qa/cross_encoder/model.onnx: DATA=folder of the
# sets. An hour on two cores with bfloat16, hours without. A training that is cut short goes on from
# its state, kept every 400 steps; where the export alone is left, `python -m qa.cross_encoder.export FOLDER
# FOLDER/pairs.jsonl.gz`. Then `python -m eval fit --data DIR` prints the weights that stand beside
# it, for qa/extract.py. Two trainings (`python -m qa.cross_encoder.train PAIRS --out B --seed 1`)
# can be made one: `python -m qa.cross_encoder.average A B --out C`, then the export of C.
TRAINED = .footnote/cross-encoder
# glibc gives large blocks back to the system and asks for them again at every step.
KEEPING = MALLOC_ARENA_MAX=2 MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=2147483647
train-cross-encoder: needs-data $(TEST_READY) $(TRAINED)/pairs.jsonl.gz
	$(KEEPING) ONEDNN_PRIMITIVE_CACHE_CAPACITY=128 \
		OMP_NUM_THREADS=$(or $(THREADS),$(shell getconf _NPROCESSORS_ONLN)) \
		$(BIN)/python -m qa.cross_encoder.train \
		$(TRAINED)/pairs.jsonl.gz --out $(TRAINED)
	$(BIN)/python -m qa.cross_encoder.export $(TRAINED) $(TRAINED)/pairs.jsonl.gz

$(TRAINED)/pairs.jsonl.gz: $(wildcard eval/written/*.jsonl eval/written/*/*.jsonl eval/pairs/*.py) | $(TEST_READY)
	$(BIN)/python -m eval pairs --data "$(DATA)" -o $@

check: $(TEST_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict index qa

format: $(TEST_READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Without a model, whatever QA_MODEL says.
eval: $(TEST_READY)
	$(BIN)/python -m eval run --set seeds --model extractive

# Fails when the answers about the sample articles have become worse than eval/baseline.json says.
gate: $(TEST_READY)
	rm -rf .footnote/eval/gate
	$(BIN)/python -m eval run --set seeds --model extractive --judge none --out .footnote/eval/gate
	$(BIN)/python -m eval gate .footnote/eval/gate

# Raises the floors to what is measured now; REASON="..." lowers those that have to fall.
baseline: $(TEST_READY)
	rm -rf .footnote/eval/gate
	$(BIN)/python -m eval run --set seeds --model extractive --judge none --out .footnote/eval/gate
	$(BIN)/python -m eval gate .footnote/eval/gate --update \
		$(if $(REASON),--allow-regression "$(REASON)")

setup: $(READY)

# torch comes first and exactly: a looser request, or another package's, brings a newer build.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Footnote needs Python 3.11 or newer (make PYTHON=/path/to/python3.11)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check $(TORCH)
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e .
	$(BIN)/python -c 'from index.embed import default_encoder; default_encoder()'
	touch $@

$(TEST_READY): $(READY)
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

clean:
	rm -rf .venv .footnote build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
