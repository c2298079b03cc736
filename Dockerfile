# One image for the service and for workers: the command `dalsegno` and what it needs, nothing of the tests.
# For pipelines that import more, build on it: FROM dalsegno, then install their packages into /opt/dalsegno.
FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements.txt ./
# uv, the version and hashes that the lock names.
RUN awk '/^uv==/ { inside = 1 } inside { print } inside && !/\\$/ { exit }' requirements.txt > uv.txt \
    && pip install --no-cache-dir --require-hashes --no-deps -r uv.txt
COPY backend backend
# The web UI is built into the package, with the Node that the lock names.
COPY frontend frontend
# From the locks alone: every version is the one that they name, every file is checked against its hash.
RUN python -m venv --without-pip /opt/dalsegno \
    && uv pip install --no-cache --compile-bytecode --python /opt/dalsegno/bin/python \
        --constraint requirements.txt --build-constraint requirements.txt ./backend

FROM python:3.11-slim
COPY --from=build /opt/dalsegno /opt/dalsegno
ENV PATH=/opt/dalsegno/bin:$PATH PYTHONUNBUFFERED=1
# A new volume takes over the owner of the folder at which it is mounted.
RUN useradd --create-home dalsegno && install -d -o dalsegno -g dalsegno /var/lib/dalsegno /var/lib/dalsegno/storage
USER dalsegno
WORKDIR /var/lib/dalsegno
EXPOSE 3000
CMD ["dalsegno", "--help"]
