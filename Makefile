# The commands of scan2num; `make` lists them. Everything is set up in .venv, whose stamps say what
# is done already: nothing is done twice.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# What other targets use and depend on: $(PYTHON), and .venv/.stamp-caffe for "all is installed".
PYTHON := .venv/bin/python
BUILD := tools/caffe_build

# What to train on what, and how: make train TARGET=ve COHORT=path/to/cohort SLICES=24
TARGETS := ve fev1fvc fev1pp
PHANTOMS := build/phantom
PHANTOM_COHORT := $(PHANTOMS)/cohort
# Phantoms with what those lack: thin slices and their views, second scans.
PROPOSED_PHANTOMS := build/variants
VARIANTS_COUNT ?= 464
PROPOSED_STAMP := $(PROPOSED_PHANTOMS)/cohort/.stamp-$(VARIANTS_COUNT)
SAMPLE := build/lidc_sample/cxr.nii.gz
GPU ?= auto

# The default COHORT is that of the phantoms, which is made when it is used.
# tools/training/run_places.py says where the runs of a cohort are.
IS_PHANTOM := $(if $(subst |$(PHANTOM_COHORT)|,,|$(patsubst %/,%,$(COHORT))|),,yes)
ifeq ($(origin COHORT),undefined)
IS_PHANTOM := yes
endif

# One word of the shell, with whatever spaces and quotes: $(call quoted,TEXT). An option with the
# value of a variable: $(call option,VARIABLE,NAME) unless that is empty; $(call path,VARIABLE,NAME)
# unless it is undefined, as a path that was meant to be named is no default.
quoted = '$(subst ','\'',$(1))'
option = $(if $($(1)),--$(2) $(call quoted,$($(1))))
path = $(if $(filter undefined,$(origin $(1))),,--$(2) $(call quoted,$($(1))))
WHICH_RUN = $(call path,COHORT,cohort) $(call path,RUN,run)
WHICH_VARIANT = $(call option,VARIANT,variant)

# VIEW= is the direction of the slices: a view is a variant, and axial ones are the paper's.
VIEWS := axial coronal sagittal
ifeq ($(origin VIEW),command line)
ifneq ($(words $(VIEW))$(filter-out $(VIEWS),$(VIEW)),1)
$(error VIEW is '$(VIEW)'; choose one of: $(VIEWS))
endif
ifneq ($(VARIANT),)
$(error VIEW and VARIANT are two networks; choose one)
endif
WHICH_VARIANT = $(if $(filter-out axial,$(VIEW)),--variant $(VIEW))
endif

# These would pass over the choice and work on the paper's network.
OF_ANY_RUN := train resume caffe-test evaluate
OF_THE_PAPER := $(filter sweep-slices combine-views baselines repeatability response export report reproduce variants,$(MAKECMDGOALS))
ifneq ($(and $(OF_THE_PAPER),$(findstring command,$(origin VIEW) $(origin VARIANT))),)
$(error make $(firstword $(OF_THE_PAPER)) takes no VIEW or VARIANT; they are for make $(OF_ANY_RUN))
endif

.PHONY: help setup caffe-wheel caffe-wheels demo cohort phantom-report train resume sweep-slices caffe-test evaluate combine-views baselines repeatability response export report reproduce variants pictures bench image image-cpu test-image caffe-runtest cuda-check gpu-check lint test bare-roots clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---- set-up --------------------------------------------------------------------------------------

setup: .venv/.stamp-caffe ## install Debian packages, .venv and Caffe, as far as missing [CUDA=1 CUDA_ARCHS='61 90' ENGINE=caffe]
	@echo "setup: all in place (.venv/bin/caffe, .venv/bin/python)"

.venv/.stamp-debian: $(BUILD)/debian-packages.txt $(wildcard $(BUILD)/*.sh)
	@$(BUILD)/check_system.sh
	@$(BUILD)/install_debian_packages.sh $<
	@mkdir -p .venv && touch $@

# The .pth puts the checkout on sys.path; its line is relative, so the checkout may be moved.
.venv/.stamp-python: .venv/.stamp-debian requirements.txt requirements-dev.txt constraints.txt
	@echo "setup: Python packages into .venv (a minute or two)"
	@$(PYTHON) -c '' 2>/dev/null || /usr/bin/python3 -m venv .venv
	@$(PYTHON) -m pip install --quiet --quiet --disable-pip-version-check \
	    -r requirements.txt -r requirements-dev.txt -c constraints.txt
	@site=$$($(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("purelib"))'); \
	    realpath --relative-to="$$site" . > "$$site/scan2num.pth"
	@touch $@

# Caffe is built for the CPU (CUDA=0) or for NVIDIA's GPUs: with the CUDA and cuDNN of this machine
# (CUDA=1), or with those that are pinned here (CUDA=12, CUDA=13). On a CPU it computes with oneDNN's
# layers where oneDNN can be had (ENGINE=onednn) or with its own (ENGINE=caffe). What was said last
# stays so: $(call kept,VARIABLE,FILE) keeps it in a file that changes when it is said anew.
define kept
$(1)_BEFORE := $$(file <$(2))
$(1) := $$(or $$($(1)_SAID),$$($(1)_BEFORE))
ifneq ($$($(1)),$$($(1)_BEFORE))
.PHONY: $(2)
endif
$(2): | .venv/.stamp-python
	@printf '%s\n' $$(call quoted,$$($(1))) > $$@
endef
CAFFE_VARIANT_SAID := $(if $(CUDA)$(CUDA_ARCHS),--cuda '$(or $(CUDA),1)' --archs '$(CUDA_ARCHS)')
ifeq ($(origin ENGINE),command line)
ifneq ($(filter-out onednn caffe,$(ENGINE)),)
$(error ENGINE is '$(ENGINE)'; choose one of: onednn caffe)
endif
ENGINE_OPTION_SAID := $(if $(ENGINE),--engine '$(ENGINE)')
endif
$(eval $(call kept,CAFFE_VARIANT,.venv/.caffe-variant))
$(eval $(call kept,ENGINE_OPTION,.venv/.caffe-engine))

.venv/.stamp-caffe: .venv/.stamp-python .venv/.caffe-variant .venv/.caffe-engine \
    $(wildcard $(BUILD)/*.* $(BUILD)/cuda/*.* $(BUILD)/cuda/compat/* $(BUILD)/onednn/*)
	@$(if $(findstring 'caffe',$(ENGINE_OPTION)),,\
	    $(BUILD)/install_debian_packages.sh --optional $(BUILD)/onednn/debian-packages.txt)
	@$(PYTHON) $(BUILD)/build_caffe.py $(CAFFE_VARIANT) $(ENGINE_OPTION)
	@$(PYTHON) $(BUILD)/self_check.py
	@touch $@

# What wheels are made with, apart from the product.
WHEEL_TOOLS := build/wheel-tools

$(WHEEL_TOOLS)/.stamp: $(BUILD)/wheel/requirements.txt | .venv/.stamp-debian
	@rm -rf $(@D)
	@/usr/bin/python3 -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --quiet --disable-pip-version-check -r $<
	@touch $@

caffe-wheel: .venv/.stamp-caffe $(WHEEL_TOOLS)/.stamp ## Caffe alone, for the CPU, as a wheel in dist/, tried in an empty venv
	@$(PYTHON) $(BUILD)/wheel/make_wheel.py --tools $(WHEEL_TOOLS)/bin $(ENGINE_OPTION)
	@tag=$$($(PYTHON) -c 'import sys; print("cp%d%d" % sys.version_info[:2])'); \
	    /usr/bin/python3 $(BUILD)/wheel/check_wheel.py dist/scan2num_caffe-*-$$tag-*.whl

ROOTS ?= bookworm trixie noble
COMMAND ?= make setup
bare-roots: ## try set-up in bare Debian 12, Debian 13 and Ubuntu 24.04, one after the other; as root [ROOTS COMMAND]
	@$(BUILD)/install_debian_packages.sh tools/container/debootstrap.txt
	@tools/container/try_bare_roots.sh $(call quoted,$(COMMAND)) $(ROOTS)

caffe-wheels: ## make the wheel in bare systems, try it in ones with python3-venv alone; as root [ROOTS]
	@$(BUILD)/install_debian_packages.sh tools/container/debootstrap.txt
	@$(BUILD)/wheel/wheels_in_roots.sh $(ROOTS)

# ---- cohort, training, test ----------------------------------------------------------------------

# 330 train, 30 val, 120 test: what a training of some minutes needs, and enough to test on
PHANTOM_COUNT := 480
PHANTOM_FRACTIONS := 330,30,120

cohort: $(PHANTOM_COHORT)/.stamp-split ## make the phantom cohort, the default COHORT

$(PHANTOMS)/table.csv: | .venv/.stamp-python
	@echo "phantoms: $(PHANTOM_COUNT) chest CT scans into $(PHANTOMS)"
	@$(PYTHON) data/phantom/make_phantoms.py --out $(PHANTOMS) --n $(PHANTOM_COUNT) --seed 1

# Of phantoms that were made before they declared targets.
$(PHANTOMS)/targets.csv: data/phantom/targets.csv | $(PHANTOMS)/table.csv
	@cp $< $@

# crop.py has the preprocessing's version: crops of another one are made again, the others kept.
$(PHANTOM_COHORT)/.stamp-split: $(PHANTOMS)/table.csv $(PHANTOMS)/targets.csv pylayers/lungs/crop.py
	@$(PYTHON) tools/prepare_cohort.py $< --out $(@D)
	@$(PYTHON) tools/split_cohort.py $(@D) --fractions $(PHANTOM_FRACTIONS) --redraw
	@touch $@

# Beside TARGETS a cohort has those whose names begin the lines of its targets.csv. What the run of a
# named RUN predicts is for the programs to say.
DECLARED_IN = $(if $(IS_PHANTOM),data/phantom $(PHANTOM_COHORT),$(call quoted,$(COHORT)))

.PHONY: known-target
known-target:
	@target=$(call quoted,$(TARGET)); known=($(TARGETS)); \
	for folder in $(DECLARED_IN); do \
	    for name in $$(cat "$$folder/targets.csv" 2>/dev/null | tr -d '\000"' | \
	        grep -aoE '^[a-z][a-z0-9_]*'); do \
	        [[ $$name == name || " $${known[*]} " == *" $$name "* ]] || known+=("$$name"); \
	    done; \
	done; \
	for name in "$${known[@]}"; do [[ $$name != "$$target" ]] || exit 0; done; \
	[[ -z $(call quoted,$(RUN)) || ! $$target =~ ^[a-z][a-z0-9_]*$$ ]] || exit 0; \
	echo "TARGET is '$$target'; choose one of: $${known[*]}" >&2; exit 2

phantom-report: $(PHANTOM_COHORT)/.stamp-split ## phantoms beside the paper's numbers, and what predicts a target by itself [PHANTOM_REPORT_OPTIONS]
	@$(PYTHON) data/phantom/report_phantoms.py $(PHANTOM_COHORT)/cohort.csv $(PHANTOM_REPORT_OPTIONS)

# How to train; without COHORT on the phantoms.
COHORT_OPTION = $(or $(call path,COHORT,cohort),$(if $(IS_PROPOSED),$(ON_PROPOSED),--cohort $(PHANTOM_COHORT)))

# Without COHORT these variants train on phantoms that have what they take; their runs lie in runs/.
IS_PROPOSED = $(and $(filter undefined,$(origin COHORT)),$(filter coronal sagittal expiration followup,$(VARIANT) $(VIEW)))
ON_PROPOSED = --cohort $(PROPOSED_PHANTOMS)/cohort $(if $(SCHEDULE),,--schedule demo) \
    $(if $(RUN),,--run runs/$(TARGET)-$(IS_PROPOSED))
PHANTOM_STAMP = $(if $(IS_PROPOSED),$(PROPOSED_STAMP),$(PHANTOM_COHORT)/.stamp-split)
HOW = $(call option,SCHEDULE,schedule) --gpu $(call quoted,$(GPU)) \
    $(call option,SLICES,slices) $(call option,BATCH,batch)

train: known-target .venv/.stamp-caffe $(if $(IS_PHANTOM),$(PHANTOM_STAMP)) ## train TARGET (ve, fev1fvc, fev1pp, or one of the cohort's targets.csv) with caffe train [COHORT VIEW VARIANT SCHEDULE SLICES BATCH GPU RUN]
	@$(PYTHON) tools/train.py $(TARGET) $(COHORT_OPTION) $(call path,RUN,run) $(WHICH_VARIANT) $(HOW) $(TRAIN_OPTIONS)

resume: known-target .venv/.stamp-caffe ## go on with an unfinished training of TARGET, as if it had not been stopped [COHORT VIEW VARIANT GPU RUN]
	@$(PYTHON) tools/train.py $(TARGET) --go-on $(WHICH_RUN) $(WHICH_VARIANT) --gpu $(call quoted,$(GPU)) $(TRAIN_OPTIONS)

sweep-slices: known-target .venv/.stamp-caffe $(if $(IS_PHANTOM),$(PHANTOM_COHORT)/.stamp-split) ## train TARGET once per number of slices, compare on the test split [COHORT SCHEDULE SLICES=8,12 BATCH GPU OUT]
	@$(PYTHON) tools/sweep_slices.py $(TARGET) $(COHORT_OPTION) $(HOW) $(call path,OUT,out) \
	    $(TRAIN_OPTIONS)

caffe-test: known-target .venv/.stamp-caffe ## run caffe test with the best weights of TARGET on the test split [COHORT VIEW VARIANT GPU RUN]
	@$(PYTHON) tools/caffe_test.py $(TARGET) $(WHICH_RUN) $(WHICH_VARIANT) --gpu $(call quoted,$(GPU))

evaluate: known-target .venv/.stamp-caffe ## score the validation and test split with the best weights of TARGET [COHORT VIEW VARIANT GPU RUN]
	@$(PYTHON) tools/evaluate.py $(TARGET) $(WHICH_RUN) $(WHICH_VARIANT) --gpu $(call quoted,$(GPU))

combine-views: known-target .venv/.stamp-caffe ## combine TARGET's axial, coronal and sagittal runs, after make evaluate of each [COHORT RUN]
	@$(PYTHON) tools/combine_views.py $(TARGET) $(WHICH_RUN)

baselines: known-target .venv/.stamp-caffe ## train the related work on the cohort of TARGET's run, compare it with the network [COHORT GPU RUN]
	@$(PYTHON) tools/evaluate.py --stale $(WHICH_RUN) --gpu $(call quoted,$(GPU))
	@$(PYTHON) tools/score_baselines.py $(TARGET) $(WHICH_RUN) $(BASELINE_OPTIONS)

repeatability: known-target .venv/.stamp-caffe ## scan test phantoms again: how far network and densities move, which change can be detected [COHORT GPU RUN]
	@$(PYTHON) tools/measure_repeatability.py $(TARGET) $(WHICH_RUN) \
	    --device $(if $(filter auto none,$(GPU)),cpu,gpu:$(GPU)) $(REPEATABILITY_OPTIONS)

export: known-target .venv/.stamp-caffe ## write TARGET's network as ONNX, which scores without Caffe; OUT: a folder to hand on [COHORT RUN OUT]
	@$(PYTHON) tools/export_onnx.py $(TARGET) $(WHICH_RUN) $(call path,OUT,out)

report: .venv/.stamp-caffe ## the paper's tables and figures of all trained runs of a cohort, in runs/report/index.html [COHORT GPU RUN]
	@$(PYTHON) tools/evaluate.py --stale $(WHICH_RUN) --gpu $(call quoted,$(GPU))
	@$(PYTHON) tools/score_baselines.py --stale $(WHICH_RUN) --quiet
	@$(PYTHON) tools/make_report.py $(WHICH_RUN) $(REPORT_OPTIONS)

# ---- speed ---------------------------------------------------------------------------------------

# What speed is compared with, apart from the product. It sees .venv's packages, so that numpy and
# h5py are the same on both sides. PyTorch's wheel for CUDA brings NVIDIA's libraries along.
BENCH_PYTHON := .venv-bench/bin/python

.venv-bench/.stamp: requirements-bench.txt | .venv/.stamp-python
	@echo "bench: PyTorch, torchio, MONAI, ONNX Runtime into .venv-bench, once: a minute or two, 1.2 GB"
	@echo "       where pip finds PyTorch's wheel for the CPU (BENCH_PIP= takes pip's options), else 5 GB"
	@rm -rf $(@D)
	@/usr/bin/python3 -m venv $(@D)
	@site='import sysconfig; print(sysconfig.get_path("purelib"))'; \
	    rivals=$$($(BENCH_PYTHON) -c "$$site"); ours=$$($(PYTHON) -c "$$site"); \
	    realpath --relative-to="$$rivals" "$$ours" > "$$rivals/scan2num.pth"
	@$(BENCH_PYTHON) -m pip install --quiet --quiet --disable-pip-version-check $(BENCH_PIP) \
	    -r $< -c constraints.txt
	@echo "bench: .venv-bench has $$(du -sm $(@D) | cut -f 1) MB"
	@touch $@

bench: .venv/.stamp-caffe .venv-bench/.stamp | $(SAMPLE) ## measure speed side by side with PyTorch, ONNX Runtime, torchio ... [GPU, BENCH_OPTIONS=--quick]
	@$(PYTHON) tools/benchmark.py --gpu $(GPU) $(BENCH_OPTIONS)

# ---- demo ----------------------------------------------------------------------------------------

DEMO_RUN := runs/fev1fvc
STEP := tools/timed_step.sh build/demo

demo: ## from nothing to a trained, tested network and a scored chest CT
	@$(STEP) 1_setup $(MAKE) --no-print-directory setup
	@$(STEP) 2_phantoms $(MAKE) --no-print-directory $(PHANTOMS)/table.csv
	@$(STEP) 3_cohort $(MAKE) --no-print-directory cohort
	@$(STEP) 4_train $(MAKE) --no-print-directory train TARGET=fev1fvc COHORT=$(PHANTOM_COHORT) \
	    SCHEDULE=demo RUN=$(DEMO_RUN) TRAIN_OPTIONS=--resume
	@$(STEP) 5_caffe-test $(MAKE) --no-print-directory $(DEMO_RUN)/test.json
	@$(STEP) 6_score $(MAKE) --no-print-directory $(DEMO_RUN)/lidc_sample.json
	@$(PYTHON) tools/summarise_demo.py --run $(DEMO_RUN) --minutes build/demo \
	    --pictures $(DEMO_RUN)/lidc_sample.png

$(DEMO_RUN)/test.json: $(DEMO_RUN)/best.json
	@$(PYTHON) tools/caffe_test.py fev1fvc --run $(DEMO_RUN)

$(SAMPLE): | .venv/.stamp-python
	@data/lidc_sample/get_lidc_sample.sh $(@D)

$(DEMO_RUN)/lidc_sample.json: $(DEMO_RUN)/best.json | $(SAMPLE)
	@$(PYTHON) tools/score_scan.py $(SAMPLE) --weights $(DEMO_RUN) --json $@ \
	    --figure $(@:.json=.png)

# ---- the paper's results on phantoms --------------------------------------------------------------

# An hour and a half on two cores with AVX-512, an evening on older ones. The paper has
# 1424,170,195 scans (REPRODUCE_COUNT=1789) and its own SCHEDULE=paper, reckoned at ten days on such
# a CPU. Every step goes on where it was stopped.
REPRODUCE := build/reproduce
REPRODUCE_COUNT ?= 1200
REPRODUCE_FRACTIONS ?= 900,100,200
REPRODUCE_SCHEDULE ?= reproduce
REPRODUCE_RUNS := runs/reproduce
REPRODUCE_STAMP := $(REPRODUCE)/cohort/.stamp-$(REPRODUCE_COUNT)

reproduce: $(REPRODUCE_STAMP) .venv/.stamp-caffe ## train, test and compare all three targets on more phantoms, in runs/reproduce/report [REPRODUCE_COUNT REPRODUCE_FRACTIONS REPRODUCE_SCHEDULE GPU]
	@for target in $(TARGETS); do \
	    $(MAKE) --no-print-directory train TARGET=$$target COHORT=$(REPRODUCE)/cohort \
	        SCHEDULE=$(REPRODUCE_SCHEDULE) RUN=$(REPRODUCE_RUNS)/$$target TRAIN_OPTIONS=--resume; \
	    $(MAKE) --no-print-directory baselines TARGET=$$target RUN=$(REPRODUCE_RUNS)/$$target; \
	done
	@$(MAKE) --no-print-directory report RUN=$(REPRODUCE_RUNS)

$(REPRODUCE_STAMP): pylayers/lungs/crop.py | .venv/.stamp-python
	@echo "phantoms: $(REPRODUCE_COUNT), of which the lungs are kept, into $(REPRODUCE)"
	@$(PYTHON) data/phantom/make_phantoms.py --out $(REPRODUCE) --n $(REPRODUCE_COUNT) --seed 2 \
	    --thin-share 0.1 --stored
	@$(PYTHON) tools/split_cohort.py $(@D) --fractions $(REPRODUCE_FRACTIONS) --redraw
	@rm -f $(@D)/.stamp-*
	@touch $@

# What the paper's discussion proposes, each trained on the same phantoms: slices of 1.5 to 2 mm, both
# views, an expiration, an earlier visit, patient data. Each run is TARGET or TARGET-VARIANT.
PROPOSED := fev1fvc fev1fvc-coronal fev1fvc-sagittal fev1fvc-patient fev1fvc-expiration \
    fev1fvc-followup ve ve-softmax lung_ml
PROPOSED_RUNS := runs/variants
VARIANTS_FRACTIONS ?= 230,30,204
VARIANTS_ITERATIONS ?= 2000
OFFSETS := 8

variants: $(PROPOSED_STAMP) .venv/.stamp-caffe ## train what the paper's discussion proposes on phantoms, say what each adds, in runs/variants/table.csv [VARIANTS_COUNT VARIANTS_FRACTIONS VARIANTS_ITERATIONS GPU]
	@for run in $(PROPOSED); do \
	    IFS=- read -r target variant <<< "$$run"; \
	    $(MAKE) --no-print-directory train TARGET=$$target VARIANT=$$variant \
	        COHORT=$(PROPOSED_PHANTOMS)/cohort SCHEDULE=demo RUN=$(PROPOSED_RUNS)/$$run \
	        TRAIN_OPTIONS='--resume --iterations $(VARIANTS_ITERATIONS)'; \
	done
	@$(PYTHON) tools/evaluate.py --stale --run $(PROPOSED_RUNS) --gpu $(call quoted,$(GPU)) --quiet
	@[[ $(PROPOSED_RUNS)/fev1fvc/predictions_test_offsets$(OFFSETS).csv -nt $(PROPOSED_RUNS)/fev1fvc/best.json ]] || \
	    $(PYTHON) tools/evaluate.py fev1fvc --run $(PROPOSED_RUNS)/fev1fvc --offsets $(OFFSETS) --quiet
	@$(PYTHON) tools/combine_views.py fev1fvc --run $(PROPOSED_RUNS) --quiet
	@$(PYTHON) tools/make_report.py --run $(PROPOSED_RUNS)
	@$(PYTHON) tools/compare_variants.py $(PROPOSED_RUNS)

$(PROPOSED_STAMP): pylayers/lungs/crop.py | .venv/.stamp-python
	@echo "phantoms: $(VARIANTS_COUNT), each three times, of which the lungs are kept, into $(PROPOSED_PHANTOMS)"
	@$(PYTHON) data/phantom/make_phantoms.py --out $(PROPOSED_PHANTOMS) --n $(VARIANTS_COUNT) --seed 3 \
	    --thickest 2 --stored --views coronal,sagittal --expiration --earlier
	@$(PYTHON) tools/split_cohort.py $(@D) --fractions $(VARIANTS_FRACTIONS) --redraw
	@rm -f $(@D)/.stamp-*
	@touch $@

response: .venv/.stamp-caffe | $(SAMPLE) ## draw emphysema into a real CT and see whether the scores follow it [SCAN RUN RESPONSE_OPTIONS]
	@$(PYTHON) tools/response_curve.py $(if $(SCAN),$(call quoted,$(SCAN))) \
	    $(call path,RUN,weights) $(RESPONSE_OPTIONS)

pictures: .venv/.stamp-caffe .venv/.stamp-test-packages $(SAMPLE) ## draw the pictures of README.md and docs/ from the demo's run, after make demo
	@$(PYTHON) tools/evaluate.py fev1fvc --run $(DEMO_RUN) --quiet
	@$(PYTHON) tools/draw_pictures.py --run $(DEMO_RUN)

# ---- images ---------------------------------------------------------------------------------------

# Of trained runs, those in WEIGHTS go inside: the image scores by itself. API_METHOD is what it does
# without a command, as Grand Challenge calls it: one job (exec), or a server of cases (invoke).
IMAGE ?= scan2num
API_METHOD ?= exec
WEIGHTS ?= $(patsubst %/best.json,%,$(wildcard $(TARGETS:%=runs/%/best.json)))
BUILD_IMAGE := tools/container/build_image.sh

.PHONY: known-api-method
known-api-method:
	@method=$(call quoted,$(API_METHOD)); \
	[[ $$method == exec || $$method == invoke ]] || \
	    { echo "API_METHOD is '$$method'; choose one of: exec invoke" >&2; exit 2; }

image: known-api-method ## the image for NVIDIA GPUs, by docker, podman or buildah [IMAGE WEIGHTS API_METHOD BASE RUNTIME CUDA_ARCHS]
	@$(BUILD_IMAGE) $(IMAGE) --target $(API_METHOD) \
	    --build-arg CUDA=1 --build-arg CUDA_ARCHS='$(CUDA_ARCHS)' \
	    $(if $(BASE),--build-arg BASE=$(BASE)) $(if $(RUNTIME),--build-arg RUNTIME=$(RUNTIME)) \
	    -- $(WEIGHTS)

DEBIAN := docker.io/library/debian:bookworm-slim
image-cpu: known-api-method ## the image for machines without a GPU [IMAGE WEIGHTS API_METHOD BASE]
	@$(BUILD_IMAGE) $(IMAGE) --target $(API_METHOD) \
	    --build-arg CUDA= --build-arg BASE=$(or $(BASE),$(DEBIAN)) \
	    --build-arg RUNTIME=$(or $(RUNTIME),$(BASE),$(DEBIAN)) -- $(WEIGHTS)

test-image: .venv/.stamp-caffe ## build both images and run them, without an engine, a registry or a GPU [VARIANTS='cpu gpu']
	@$(BUILD)/install_debian_packages.sh tools/container/debian-packages.txt
	@tools/container/test_image.sh $(VARIANTS)

# ---- checks --------------------------------------------------------------------------------------

caffe-runtest: .venv/.stamp-caffe ## build and run Caffe's own tests of the parts that scan2num uses
	@$(BUILD)/install_debian_packages.sh $(BUILD)/gtests/debian-packages.txt
	@$(PYTHON) $(BUILD)/run_gtests.py

cuda-check: .venv/.stamp-python ## prove without a GPU that Caffe compiles, links and starts with CUDA 12 and 13 (half an hour or more on 2 cores) [CUDA CUDA_ARCHS]
	@$(BUILD)/install_debian_packages.sh $(BUILD)/gtests/debian-packages.txt
	@$(PYTHON) $(BUILD)/cuda/check_build.py $(filter-out 0 1,$(CUDA)) --archs '$(CUDA_ARCHS)'

gpu-check: .venv/.stamp-caffe $(PHANTOM_COHORT)/.stamp-split ## compare a GPU with the CPU, time layers, show memory; after make setup CUDA=1 [GPU]
	@$(BUILD)/install_debian_packages.sh $(BUILD)/gtests/debian-packages.txt
	@$(PYTHON) tools/gpu_check.py --cohort $(PHANTOM_COHORT) --gpu $(GPU)

lint: .venv/.stamp-python ## check the Python code's style and the order of the rooms
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@.venv/bin/lint-imports --no-cache --no-logo

# A browser for the pages that are made, a validator for DICOM files.
.venv/.stamp-test-packages: .venv/.stamp-debian tests/debian-packages.txt
	@$(BUILD)/install_debian_packages.sh tests/debian-packages.txt
	@touch $@

test: .venv/.stamp-caffe .venv/.stamp-test-packages lint $(SAMPLE) ## run lint and the tests
	@PYTHONUTF8=1 $(PYTHON) -m pytest -m 'not slow' --numprocesses auto --dist worksteal
	@PYTHONUTF8=1 $(PYTHON) -m pytest -m slow --numprocesses auto --dist worksteal

clean: ## remove .venv, .venv-bench and what was built here (runs/ and the machine's Caffe cache stay)
	@rm -rf .venv .venv-bench build dist .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
