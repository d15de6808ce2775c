# scan2num in an image: genuine Caffe, the tools, and weights when some were put in.
#   make image       CUDA + cuDNN, on NVIDIA's development image
#   make image-cpu   the CPU alone, on Debian 12
# Both stages install what they need from the distribution of BASE; RUNTIME is its small sibling.
ARG BASE=docker.io/nvidia/cuda:12.6.3-cudnn-devel-ubuntu24.04
ARG RUNTIME=docker.io/nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04

FROM ${BASE} AS build
# 1: with the CUDA and cuDNN of BASE, for the GPU generations named (61 is a GTX 1080), or all that
# its nvcc knows; empty: for the CPU
ARG CUDA=1
ARG CUDA_ARCHS=
ENV DEBIAN_FRONTEND=noninteractive SCAN2NUM_CACHE=/tmp/scan2num PIP_NO_CACHE_DIR=1
SHELL ["/bin/bash", "-eu", "-o", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git make \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/scan2num
# Set-up first: a change elsewhere does not build Caffe anew.
COPY Makefile requirements.txt requirements-dev.txt constraints.txt ./
COPY tools/caffe_build tools/caffe_build
RUN make setup CUDA="${CUDA}" CUDA_ARCHS="${CUDA_ARCHS}" \
 && rm -rf "${SCAN2NUM_CACHE}" /var/lib/apt/lists/*
COPY . .
RUN mkdir -p build/image/weights runs && mv build/image/weights weights \
 && tools/container/runtime_packages.sh > build/runtime-packages.txt

FROM ${RUNTIME} AS runtime
LABEL org.opencontainers.image.title="scan2num" \
      org.opencontainers.image.description="One number from a chest CT. Research use, not a medical device." \
      org.opencontainers.image.licenses="BSD-2-Clause"
# --user may be anybody, with no home to write to
ENV DEBIAN_FRONTEND=noninteractive MPLCONFIGDIR=/tmp/matplotlib
SHELL ["/bin/bash", "-eu", "-o", "pipefail", "-c"]
COPY --from=build /opt/scan2num/build/runtime-packages.txt /tmp/
# hadolint ignore=DL3008,SC2046
RUN apt-get update \
 && apt-get install -y --no-install-recommends make python3 tini $(cat /tmp/runtime-packages.txt) \
 && rm -rf /var/lib/apt/lists/* /tmp/runtime-packages.txt \
 && groupadd --gid 10001 scan2num \
 && useradd --uid 10001 --gid 10001 --create-home scan2num
COPY --from=build /opt/scan2num /opt/scan2num
WORKDIR /opt/scan2num
# What programs write; all else belongs to root and stays as it is.
RUN mkdir -p runs build /cohort && chown -R 10001:10001 runs build /cohort
USER 10001
VOLUME ["/cohort", "/opt/scan2num/runs"]
ENTRYPOINT ["tini", "--", "/opt/scan2num/tools/container/entrypoint.sh"]

# What the image does without a command is what its label tells Grand Challenge to expect:
# `--target invoke` (make image API_METHOD=invoke) is a server, the last stage does one job and ends.
FROM runtime AS invoke
LABEL org.grand-challenge.api-method="invoke"
EXPOSE 4743
CMD ["serve-challenge", "--host", "0.0.0.0"]

FROM runtime AS exec
LABEL org.grand-challenge.api-method="exec"
CMD ["grand-challenge"]
