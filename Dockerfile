# One recipe: the student's server, the staff's (grader), the hub with its proxy and guard, the database, the farm's broker.
#   make image
# needs BuildKit (any Docker since 20.10). A place with a certificate bundle or an index of its own hands them in as
# build secrets, which no layer keeps. What changes often comes last.
ARG BASE_IMAGE=python:3.12-slim-bookworm

# ---- the checkout, for everybody to read: whoever made it under a strict umask did so for their own machine
FROM ${BASE_IMAGE} AS checkout
COPY . /checkout
RUN chmod -R u=rwX,go=rX /checkout

# ---- pip and the versions, only looked at by the stages below
FROM ${BASE_IMAGE} AS pip
COPY --from=checkout /checkout/requirements-docker.lock /opt/pip/lock/
COPY --from=checkout /checkout/deploy/images/install.sh /checkout/deploy/images/*.txt /opt/pip/images/
RUN --mount=type=secret,id=certificates --mount=type=secret,id=pip \
    python3 -m venv /opt/pip && sh /opt/pip/images/install.sh --tools

# ---- the course's own code, as a wheel
FROM pip AS wheel
COPY --from=checkout /checkout/pyproject.toml /checkout/README.md /checkout/LICENSE /build/
COPY --from=checkout /checkout/tito /build/tito
COPY --from=checkout /checkout/hub /build/hub
RUN /opt/pip/bin/pip wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir /wheel /build

# ---- what all images share
FROM ${BASE_IMAGE} AS python
ENV PATH=/opt/course/bin:$PATH LANG=C.UTF-8 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN python3 -m venv --without-pip /opt/course \
    && useradd --uid 1000 --user-group --create-home --shell /bin/bash course

# ---- the workplace: JupyterLab, numpy, matplotlib and what nbgrader needs; everything large is in this layer
FROM python AS workplace
RUN --mount=type=bind,from=pip,source=/opt/pip,target=/opt/pip --mount=type=secret,id=certificates --mount=type=secret,id=pip \
    sh /opt/pip/images/install.sh -r /opt/pip/images/student.txt

# ---- a student's server
FROM workplace AS student
RUN --mount=type=bind,from=pip,source=/opt/pip,target=/opt/pip --mount=type=secret,id=certificates --mount=type=secret,id=pip \
    --mount=type=bind,source=deploy/images/students_nbgrader.sh,target=/students_nbgrader.sh \
    sh /opt/pip/images/install.sh --no-deps nbgrader && sh /students_nbgrader.sh
COPY --from=checkout /checkout/hub/roles/student /opt/course/role
COPY --from=checkout /checkout/hub/jupyter /opt/course/share/jupyter/
COPY --from=checkout /checkout/deploy/images/role /opt/course/role
RUN --mount=type=bind,from=pip,source=/opt/pip,target=/opt/pip --mount=type=bind,from=wheel,source=/wheel,target=/wheel \
    sh /opt/pip/images/install.sh --no-index --no-deps /wheel/*.whl && rm -r /opt/course/lib/python3*/site-packages/hub
USER course
WORKDIR /home/course
# matplotlib's list of fonts takes seconds to make; a new home volume starts with what is here.
RUN python -c "import matplotlib.font_manager"
ENV JUPYTER_CONFIG_PATH=/opt/course/role JUPYTER_PREFER_ENV_PATH=1 JUPYTER_RUNTIME_DIR=/tmp/jupyter SHELL=/bin/bash
EXPOSE 8888
CMD ["python", "-P", "-m", "tito.server"]
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s CMD ["python", "/opt/course/role/healthy.py"]
ARG VERSION=unknown
LABEL org.tinytorch.version=${VERSION} org.tinytorch.image=student

# ---- the server of a TA or an instructor, and a grading worker: formgrader, sources, the farm, exam rooms
FROM workplace AS grader
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends bubblewrap \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
RUN --mount=type=bind,from=pip,source=/opt/pip,target=/opt/pip --mount=type=secret,id=certificates --mount=type=secret,id=pip \
    sh /opt/pip/images/install.sh -r /opt/pip/images/grader.txt
COPY --from=checkout /checkout/hub/roles/staff /opt/course/role
COPY --from=checkout /checkout/hub/jupyter /opt/course/share/jupyter/
COPY --from=checkout /checkout/deploy/images/role /checkout/deploy/images/staff /opt/course/role/
COPY --from=checkout /checkout/nbgrader_config.py /opt/tinytorch/
COPY --from=checkout /checkout/tinytorch_lib /opt/tinytorch/tinytorch_lib
RUN --mount=type=bind,from=pip,source=/opt/pip,target=/opt/pip --mount=type=bind,from=wheel,source=/wheel,target=/wheel \
    sh /opt/pip/images/install.sh --no-index --no-deps /wheel/*.whl
COPY --from=checkout /checkout/source /opt/tinytorch/source
# A class's course.toml and roster are mounted over the folder that this one stands in.
RUN mkdir /opt/tinytorch/class && printf '[course]\nid = "build"\n' > /opt/tinytorch/class/course.toml \
    && ln -s class/course.toml /opt/tinytorch/course.toml && cd /opt/tinytorch && tito notebooks \
    && mkdir -p /home/course/course && chown course:course /home/course/course
USER course
WORKDIR /home/course
RUN python -c "import matplotlib.font_manager"
ENV JUPYTER_CONFIG_PATH=/opt/course/role JUPYTER_PREFER_ENV_PATH=1 JUPYTER_RUNTIME_DIR=/tmp/jupyter SHELL=/bin/bash
EXPOSE 8888
CMD ["sh", "/opt/course/role/start.sh"]
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s CMD ["python", "/opt/course/role/healthy.py"]
ARG VERSION=unknown
LABEL org.tinytorch.version=${VERSION} org.tinytorch.image=grader

# ---- the hub, its proxy, the guard of Docker's socket: one image, three commands
FROM python AS hub
RUN --mount=type=bind,from=pip,source=/opt/pip,target=/opt/pip --mount=type=secret,id=certificates --mount=type=secret,id=pip \
    sh /opt/pip/images/install.sh -r /opt/pip/images/hub.txt
RUN --mount=type=bind,from=pip,source=/opt/pip,target=/opt/pip --mount=type=bind,from=wheel,source=/wheel,target=/wheel \
    sh /opt/pip/images/install.sh --no-index --no-deps /wheel/*.whl
COPY --from=checkout /checkout/hub/docker_config.py /opt/course/
# Secrets are files of whoever ran make up, readable by their owner alone: the hub runs under that number.
ARG HUB_UID=1000
RUN usermod --uid ${HUB_UID} course && groupmod --non-unique --gid ${HUB_UID} course \
    && install -d -o course -g course -m 700 /srv/hub && install -d -o course -g course /srv/libraries \
    && install -d -o course -g course -m 700 /srv/exchange
USER course
WORKDIR /srv/hub
EXPOSE 8000 8001 8081
CMD ["python", "-m", "jupyterhub", "--config", "/opt/course/docker_config.py"]
ARG VERSION=unknown
LABEL org.tinytorch.version=${VERSION} org.tinytorch.image=hub

# ---- PostgreSQL from Debian, so that a place without an image registry has one too
FROM ${BASE_IMAGE} AS database
# The package would make a database of its own; ours is made in the volume, with the password of this installation.
RUN mkdir /etc/postgresql-common && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
    && apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends postgresql-15 \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/lib/postgresql/15 /usr/share/locale \
    # The hub's small queries are not worth a compiler: deploy/images/database.sh turns it off.
    && rm -rf /usr/lib/postgresql/15/lib/bitcode /usr/lib/*/libLLVM* /usr/lib/*/libz3* \
    && install -d -o postgres -g postgres -m 700 /var/lib/postgresql/data
COPY --from=checkout /checkout/deploy/images/database.sh /usr/local/bin/database
COPY --from=checkout /checkout/deploy/images/database_access.conf /etc/postgresql-common/
ARG HUB_UID=1000
RUN usermod --uid ${HUB_UID} postgres && chown postgres /var/lib/postgresql /var/lib/postgresql/data /var/run/postgresql
ENV PATH=/usr/lib/postgresql/15/bin:$PATH PGUSER=hub PGDATABASE=hub
USER postgres
EXPOSE 5432
# Asked by SIGTERM it waits for its clients to leave, who stay, until it is killed; by this it ends in order at once.
STOPSIGNAL SIGINT
CMD ["sh", "/usr/local/bin/database"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["pg_isready", "--quiet", "--host=/tmp"]
ARG VERSION=unknown
LABEL org.tinytorch.version=${VERSION} org.tinytorch.image=database

# ---- Redis from Debian, for the grading farm
FROM ${BASE_IMAGE} AS broker
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends redis-server \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && install -d -o redis -g redis -m 700 /srv/broker
COPY --from=checkout /checkout/deploy/images/broker.sh /usr/local/bin/broker
ARG HUB_UID=1000
RUN usermod --uid ${HUB_UID} redis && chown redis /srv/broker
USER redis
EXPOSE 6379
CMD ["sh", "/usr/local/bin/broker"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["sh", "/usr/local/bin/broker", "healthy"]
ARG VERSION=unknown
LABEL org.tinytorch.version=${VERSION} org.tinytorch.image=broker

# ---- on Kubernetes (docs/operator/kubernetes.md): the hub makes pods
FROM hub AS hub-kubernetes
USER root
RUN --mount=type=bind,from=pip,source=/opt/pip,target=/opt/pip --mount=type=secret,id=certificates --mount=type=secret,id=pip \
    sh /opt/pip/images/install.sh -r /opt/pip/images/hub-kubernetes.txt
USER course
